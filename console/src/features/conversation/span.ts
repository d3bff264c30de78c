import { type Ref, ref, shallowRef } from 'vue'

import { listMessages, listMessagesAround, listNewerMessages, type MessagePage } from '@/api/calls'
import type { Message } from '@/api/types'

const PAGE = 60

/** A piece of the thread far from its end, opened around one message; live news change it, but do not lengthen it. */
export function useSpan(id: Ref<string>) {
  const messages = shallowRef<Message[] | null>(null)
  const older = ref<string | null>(null)
  const newer = ref<string | null>(null)

  /** Grows with each piece: a page that was asked for before belongs to another one. */
  let piece = 0

  function leave(): void {
    piece += 1
    messages.value = null
    older.value = newer.value = null
  }

  /** False when the message is gone. */
  async function open(messageId: string): Promise<boolean> {
    const wanted = id.value
    try {
      const page = await listMessagesAround(wanted, messageId, PAGE)
      if (wanted !== id.value) return false
      show(page)
      return true
    } catch {
      return false
    }
  }

  function show(page: MessagePage): void {
    piece += 1
    messages.value = page.items
    older.value = page.next_cursor ?? null
    newer.value = page.newer_cursor ?? null
  }

  async function goOlder(): Promise<void> {
    if (!messages.value || !older.value) return
    const mine = piece
    const page = await listMessages(id.value, older.value, PAGE)
    if (!messages.value || mine !== piece) return
    messages.value = [...messages.value, ...page.items]
    older.value = page.next_cursor ?? null
  }

  /** Once the newest is there, the living end of the thread takes over. */
  async function goNewer(): Promise<boolean> {
    if (!messages.value || !newer.value) return messages.value !== null
    const mine = piece
    const page = await listNewerMessages(id.value, newer.value, PAGE)
    if (!messages.value || mine !== piece) return false
    messages.value = [...page.items, ...messages.value]
    newer.value = page.newer_cursor ?? null
    return newer.value === null
  }

  function update(message: Message): void {
    const at = messages.value?.findIndex((known) => known.id === message.id) ?? -1
    if (messages.value && at >= 0) messages.value = messages.value.with(at, message)
  }

  return { messages, older, newer, open, leave, goOlder, goNewer, update }
}
