export interface Facts {
  contact: string
  agent: string
  business: string
}

export const VARIABLES = [
  'contact.name',
  'contact.first_name',
  'agent.name',
  'business.name',
] as const

/** `{{contact.name}}` and its kind become words; what nobody knows stays, so that it is seen. */
export function fillIn(text: string, facts: Facts): string {
  const values: Record<string, string> = {
    'contact.name': facts.contact,
    'contact.first_name': firstName(facts.contact),
    'agent.name': facts.agent,
    'business.name': facts.business,
  }
  return text.replaceAll(/\{\{\s*([\w.]+)\s*\}\}/gu, (whole, key: string) => values[key] ?? whole)
}

/** Where names are written in Han, Kana or Hangul the family name stands first. */
export function firstName(name: string): string {
  const parts = name.trim().split(/\s+/u)
  const familyFirst =
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々\s]+$/u
  return (familyFirst.test(name) ? parts.at(-1) : parts[0]) ?? ''
}
