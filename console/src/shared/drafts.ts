import { myself } from './session'
import { recall, remember } from './storage'

/** What was typed and not yet sent, per agent and conversation; outlives reloads and the session. */
const unsaved = new Map<string, string>()

/** Two people at one computer: nobody finds the other's words, or sends them. */
export const mine = (key: string) => `${myself.value?.id ?? ''}.${key}`

export function readDraft(conversationId: string): string {
  const key = mine(conversationId)
  const text = unsaved.get(key) ?? recall(`draft.${key}`) ?? ''
  if (text !== '') unsaved.set(key, text)
  return text
}

export function writeDraft(conversationId: string, text: string): void {
  const key = mine(conversationId)
  if (text === '') unsaved.delete(key)
  else unsaved.set(key, text)
  remember(`draft.${key}`, text === '' ? null : text)
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
    const prefix = `madoguchi.draft.${mine('')}`
    if (!key?.startsWith(prefix)) return
    const id = key.slice(prefix.length)
    const [was, text] = [oldValue ?? '', newValue ?? '']
    const here = unsaved.get(mine(id)) ?? ''
    if (here === text) return
    if (here !== '' && here !== was) return tell.differs(id, text)
    if (text === '') unsaved.delete(mine(id))
    else unsaved.set(mine(id), text)
    tell.follows(id, text)
  })
}
