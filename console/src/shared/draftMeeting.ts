/** What this browser and the server last agreed on. */
export interface Base {
  text: string
  /** When the server kept it; null: it has none. */
  at: string | null
  /** When this was agreed, by this machine's clock: an older answer knows less. */
  since: number
}

export const NOTHING: Base = { text: '', at: null, since: 0 }

/**
 * A draft here meets the one that the server has (empty: none).
 * `take` the server's, `keep` the one here, `agree`: nothing differs or only the one here is left, `ask` the person.
 */
export function meet(here: string, base: Base, there: string): 'take' | 'keep' | 'agree' | 'ask' {
  if (there === here) return 'agree'
  if (there === base.text) return 'keep'
  if (here === base.text || here === '') return 'take'
  if (there === '') return 'agree'
  // A tab that was closed before it noted what it had saved: nothing of it is lost.
  return here.includes(there) ? 'keep' : 'ask'
}

/** Both texts, the one that is here first; what one has in full is not doubled. */
export function joined(here: string, there: string): string {
  if (here.includes(there)) return here
  return there.includes(here) ? there : `${here}\n${there}`
}
