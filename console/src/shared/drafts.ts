import { recall, remember } from './storage'

/** What was typed and not yet sent, per conversation; outlives reloads and the session. */
const unsaved = new Map<string, string>()

export function readDraft(conversationId: string): string {
  return unsaved.get(conversationId) ?? recall(`draft.${conversationId}`) ?? ''
}

export function writeDraft(conversationId: string, text: string): void {
  if (text === '') unsaved.delete(conversationId)
  else unsaved.set(conversationId, text)
  remember(`draft.${conversationId}`, text === '' ? null : text)
}
