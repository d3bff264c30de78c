import type { Agent, SendBody } from '@/api/types'
import type { Pending } from '@/shared/outbox'

import { messagesFor } from '@/shared/files/attach'
import type { PickedFile } from '@/shared/files/files'
import { mentionsIn } from './suggest'

export interface Outgoing {
  body: SendBody
  preview?: Pending['preview']
}

export function noteOf(text: string, agents: Agent[]): Outgoing[] {
  return [{ body: { type: 'note', text: text.trim(), mentions: mentionsIn(text, agents) } }]
}

/** One message for each uploaded file and the words with the first that can carry them. */
export function answerOf(text: string, files: PickedFile[]): Outgoing[] {
  const picked = files.filter((file) => file.mediaId)
  const uploaded = picked.map((file) => ({ mediaId: file.mediaId ?? '', type: file.type }))
  return messagesFor(text, uploaded).map((body, index) => ({
    body,
    preview: { url: picked[index]?.preview ?? undefined, name: picked[index]?.file.name },
  }))
}
