import type { SendBody } from '@/api/types'

export type FileType = 'image' | 'video' | 'audio' | 'document'

const IMAGES = new Set(['image/jpeg', 'image/png'])
const VIDEOS = new Set(['video/mp4', 'video/3gpp'])
const AUDIOS = new Set(['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'])

/** How a file travels: as what it is where messengers show it, else as a document. */
export function fileType(contentType: string): FileType {
  const base = contentType.split(';')[0]?.trim().toLowerCase() ?? ''
  if (IMAGES.has(base)) return 'image'
  if (VIDEOS.has(base)) return 'video'
  return AUDIOS.has(base) ? 'audio' : 'document'
}

export interface Uploaded {
  mediaId: string
  type: FileType
}

/** Why files cannot go yet: one that failed is tried again or taken out by the agent, never left behind. */
export function holdOf(
  files: { mediaId: string | null; problem: string }[],
): 'failed' | 'uploading' | null {
  const waiting = files.filter((file) => !file.mediaId)
  if (waiting.some((file) => file.problem)) return 'failed'
  return waiting.length ? 'uploading' : null
}

/** Whether words would go under a file instead of by themselves. */
export const hasCarrier = (files: { type: FileType }[]) =>
  files.some((file) => file.type !== 'audio')

/** One message per file; the words go with the first that can carry them, else by themselves. */
export function messagesFor(text: string, files: Uploaded[]): SendBody[] {
  const words = text.trim()
  const carrier = words ? files.findIndex((file) => file.type !== 'audio') : -1
  const bodies: SendBody[] = files.map((file, index) => ({
    type: file.type,
    media_id: file.mediaId,
    ...(index === carrier ? { caption: words } : {}),
  }))
  if (words && carrier < 0) bodies.push({ type: 'text', text: words })
  return bodies
}
