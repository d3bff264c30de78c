import { recall, remember } from './storage'

/** What was typed and not yet sent, per conversation; outlives reloads and the session. */
const unsaved = new Map<string, string>()

const PREFIX = 'madoguchi.draft.'

export function readDraft(conversationId: string): string {
  const text = unsaved.get(conversationId) ?? recall(`draft.${conversationId}`) ?? ''
  if (text !== '') unsaved.set(conversationId, text)
  return text
}

export function writeDraft(conversationId: string, text: string): void {
  if (text === '') unsaved.delete(conversationId)
  else unsaved.set(conversationId, text)
  remember(`draft.${conversationId}`, text === '' ? null : text)
}

export interface OtherTab {
  /** What another tab wrote is here now. */
  follows: (id: string, text: string) => void
  /** Both tabs have words of their own. */
  differs: (id: string, text: string) => void
}

/** Tabs of one browser write in one draft: whoever has nothing else follows, key by key. */
export function withOtherTabs(tell: OtherTab): void {
  addEventListener('storage', ({ key, oldValue, newValue }) => {
    if (!key?.startsWith(PREFIX)) return
    const id = key.slice(PREFIX.length)
    const [was, text] = [oldValue ?? '', newValue ?? '']
    const here = unsaved.get(id) ?? ''
    if (here === text) return
    if (here !== '' && here !== was) return tell.differs(id, text)
    if (text === '') unsaved.delete(id)
    else unsaved.set(id, text)
    tell.follows(id, text)
  })
}
