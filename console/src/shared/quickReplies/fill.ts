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

const VARIABLE = /\{\{\s*([\w.-]+)\s*\}\}/gu
const OF_CONTACT = /\{\{\s*contact\.(?!(?:name|first_name)\s*\})/u

/** What is known, by variable; the contact's own attributes as `contact.<key>`. */
export function valuesOf(
  facts: Facts,
  attributes: Record<string, unknown> = {},
): Record<string, string> {
  const own = Object.entries(attributes)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
    .map(([key, value]) => [`contact.${key}`, String(value as string | number | boolean)])
  return {
    ...(Object.fromEntries(own) as Record<string, string>),
    'contact.name': facts.contact,
    'contact.first_name': firstName(facts.contact),
    'agent.name': facts.agent,
    'business.name': facts.business,
  }
}

/** `{{contact.name}}` and its kind become words; what nobody knows stays, so that it is seen. */
export function fillIn(text: string, values: Record<string, string>): string {
  return text.replaceAll(VARIABLE, (whole, key: string) => values[key] || whole)
}

/** The variables that nobody knows a value for, each once. */
export function missingIn(text: string, values: Record<string, string>): string[] {
  const found = [...text.matchAll(VARIABLE)].map(([, key]) => key ?? '')
  return [...new Set(found)].filter((key) => !values[key])
}

/** Whether more of the contact is needed than a conversation tells. */
export const needsContact = (text: string) => OF_CONTACT.test(text)

/** Where names are written in Han, Kana or Hangul the family name stands first. */
export function firstName(name: string): string {
  const parts = name.trim().split(/\s+/u)
  const familyFirst =
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}ー々\s]+$/u
  return (familyFirst.test(name) ? parts.at(-1) : parts[0]) ?? ''
}
