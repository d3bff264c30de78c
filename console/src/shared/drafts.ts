import { ownId } from './session'
import { namesOf, recall, remember } from './storage'

/** What was typed and not yet sent, per agent and conversation; outlives reloads and the session. */
const unsaved = new Map<string, string>()

/** On a shared computer nobody reads what another agent wrote. */
const own = () => `draft.${ownId.value}.`
export const draftName = (id: string) => own() + id

export function readDraft(conversationId: string): string {
  const name = draftName(conversationId)
  const text = unsaved.get(name) ?? recall(name) ?? ''
  if (text !== '') unsaved.set(name, text)
  return text
}

export function writeDraft(conversationId: string, text: string): void {
  const name = draftName(conversationId)
  if (text === '') unsaved.delete(name)
  else unsaved.set(name, text)
  remember(name, text === '' ? null : text)
}

/** The conversations this agent has words for in this browser. */
export const draftIds = () => namesOf(own()).map((name) => name.slice(own().length))

export interface OtherTab {
  /** What another tab wrote is here now. */
  follows: (id: string, text: string) => void
  /** Both tabs have words of their own. */
  differs: (id: string, text: string) => void
}

/** Tabs of one browser write in one draft: whoever has nothing else follows, key by key. */
export function withOtherTabs(tell: OtherTab): void {
  addEventListener('storage', ({ key, oldValue, newValue }) => {
    const prefix = `madoguchi.${own()}`
    if (!key?.startsWith(prefix)) return
    const id = key.slice(prefix.length)
    const name = draftName(id)
    const [was, text] = [oldValue ?? '', newValue ?? '']
    const here = unsaved.get(name) ?? ''
    // The same words in both: the other tab may close before it saves them.
    if (here === text) return tell.follows(id, text)
    if (here !== '' && here !== was) return tell.differs(id, text)
    if (text === '') unsaved.delete(name)
    else unsaved.set(name, text)
    tell.follows(id, text)
  })
}
