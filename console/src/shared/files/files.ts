import { onBeforeUnmount, type Ref, ref, watch } from 'vue'

import { copyMedia } from '@/api/calls'
import { upload } from '@/api/client'
import type { Attachment, Media } from '@/api/types'
import { inWords } from '@/shared/problems'
import { ownId } from '@/shared/session'

import { fileType, type FileType } from './attach'

export interface PickedFile {
  key: string
  file: File
  /** Of the file, also where only the server has it. */
  size: number
  type: FileType
  preview: string | null
  progress: number
  mediaId: string | null
  /** A file of ours that is copied instead of uploaded. */
  source?: string
  problem: string
  /** A voice note leaves by itself as soon as it is uploaded. */
  voice: boolean
  abort: AbortController
}

/** Files wait here per agent and conversation while the agent looks elsewhere; uploads go on. */
const trays = new Map<string, Ref<PickedFile[]>>()

export function useFiles(conversationId: Ref<string>) {
  const files = ref<PickedFile[]>([])
  watch(
    () => `${ownId.value}.${conversationId.value}`,
    (id) => {
      let tray = trays.get(id)
      if (!tray) trays.set(id, (tray = ref([]) as Ref<PickedFile[]>))
      files.value = tray.value
    },
    { immediate: true },
  )

  function add(list: Iterable<File>, voice = false): void {
    for (const file of list) {
      const type = voice ? 'audio' : fileType(file.type)
      files.value.push({
        key: crypto.randomUUID(),
        file,
        size: file.size,
        type,
        preview: type === 'image' ? URL.createObjectURL(file) : null,
        progress: 0,
        mediaId: null,
        problem: '',
        voice,
        abort: new AbortController(),
      })
      const picked = files.value.at(-1)
      if (picked) void start(picked)
    }
  }

  /** What came back from a message that did not leave: uploaded already. */
  function restore(attachments: (Attachment | Media)[]): void {
    for (const { id, name, content_type, size, url } of attachments) {
      const type = fileType(content_type)
      files.value.push({
        key: crypto.randomUUID(),
        file: new File([], name || id, { type: content_type }),
        size: size ?? 0,
        type,
        preview: type === 'image' ? url : null,
        progress: 1,
        mediaId: id,
        problem: '',
        voice: false,
        abort: new AbortController(),
      })
    }
  }

  /** Files that stay where they are: a copy of each goes with the message. */
  function borrow(list: Media[]): void {
    const from = files.value.length
    restore(list)
    for (const [at, picked] of files.value.slice(from).entries()) {
      picked.mediaId = null
      picked.source = list[at]?.id
      void start(picked)
    }
  }

  async function start(picked: PickedFile): Promise<void> {
    picked.problem = ''
    picked.progress = 0
    try {
      picked.mediaId = (await stored(picked)).id
    } catch (error) {
      if (!(error instanceof DOMException)) picked.problem = inWords(error)
    }
  }

  const stored = (picked: PickedFile): Promise<Media> =>
    picked.source
      ? copyMedia(picked.source)
      : upload(picked.file, (share) => (picked.progress = share), picked.abort.signal)

  function remove(picked: PickedFile): void {
    picked.abort.abort()
    if (picked.preview?.startsWith('blob:')) URL.revokeObjectURL(picked.preview)
    const at = files.value.findIndex((other) => other.key === picked.key)
    if (at >= 0) files.value.splice(at, 1)
  }

  /** Takes all files out of the tray; their previews live on in the pending bubbles. */
  function takeAll(): PickedFile[] {
    return files.value.splice(0)
  }

  onBeforeUnmount(() => {
    for (const [id, tray] of trays) if (tray.value.length === 0) trays.delete(id)
  })

  return { files, add, restore, borrow, start, remove, takeAll }
}
