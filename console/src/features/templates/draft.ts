export interface TextPart {
  text: string
  /** Variable to its example. */
  examples: Record<string, string>
}

/** A file that shows what a heading will be like: our upload, or the provider's handle of an earlier one. */
export interface SampleFile {
  mediaId: string
  handle: string
}

export interface HeaderPart extends TextPart, SampleFile {
  format: 'NONE' | 'TEXT' | 'IMAGE' | 'VIDEO' | 'DOCUMENT' | 'LOCATION' | 'PRODUCT'
}

export const buttonTypes = [
  'QUICK_REPLY',
  'URL',
  'PHONE_NUMBER',
  'COPY_CODE',
  'FLOW',
  'CATALOG',
  'MPM',
  'SPM',
  'REQUEST_CONTACT_INFO',
  'VOICE_CALL',
] as const

export interface ButtonPart {
  type: (typeof buttonTypes)[number]
  text: string
  url: string
  phone_number: string
  example: string
  flow_id: string
}

export interface CardPart {
  header: HeaderPart
  body: TextPart
  buttons: ButtonPart[]
}

export const codeKinds = ['COPY_CODE', 'ONE_TAP', 'ZERO_TAP'] as const

/** An app that may take the code by itself. */
export interface CodeApp {
  package_name: string
  signature_hash: string
}

export interface CodePart {
  advice: boolean
  minutes: string
  label: string
  kind: (typeof codeKinds)[number]
  autofill: string
  apps: CodeApp[]
  terms: boolean
}

export interface TemplateState {
  name: string
  language: string
  category: string
  named: boolean
  header: HeaderPart
  body: TextPart
  footer: string
  buttons: ButtonPart[]
  offer: { on: boolean; text: string; expires: boolean }
  cards: CardPart[]
  code: CodePart
  /** Seconds after which the provider gives up delivering; empty: its own default. */
  ttl: string
  mapping: Record<string, string>
}

export const emptyText = (): TextPart => ({ text: '', examples: {} })
export const emptyHeader = (format: HeaderPart['format'] = 'NONE'): HeaderPart => ({
  ...emptyText(),
  format,
  mediaId: '',
  handle: '',
})
export const emptyButton = (type: ButtonPart['type'] = 'QUICK_REPLY'): ButtonPart => ({
  type,
  text: '',
  url: '',
  phone_number: '',
  example: '',
  flow_id: '',
})
export const emptyCard = (): CardPart => ({
  header: emptyHeader('IMAGE'),
  body: emptyText(),
  buttons: [emptyButton()],
})

export const emptyApp = (): CodeApp => ({ package_name: '', signature_hash: '' })
export const emptyCode = (): CodePart => ({
  advice: true,
  minutes: '10',
  label: '',
  kind: 'COPY_CODE',
  autofill: '',
  apps: [emptyApp()],
  terms: false,
})

export const emptyState = (language: string): TemplateState => ({
  name: '',
  language,
  category: 'utility',
  named: false,
  header: emptyHeader(),
  body: emptyText(),
  footer: '',
  buttons: [],
  offer: { on: false, text: '', expires: true },
  cards: [],
  code: emptyCode(),
  ttl: '',
  mapping: {},
})

/** The names of the blanks in a text, in the order of reading. */
export function blanksOf(text: string): string[] {
  const found = [...text.matchAll(/\{\{\s*([\w]+)\s*\}\}/gu)].map((match) => match[1] ?? '')
  return [...new Set(found)]
}

/** The blank that a click on "variable" puts in: the next number, or a name to change. */
export function nextBlank(text: string, named: boolean): string {
  const names = blanksOf(text)
  if (!named) return `{{${names.length + 1}}}`
  const fresh = ['name', 'date', 'number', 'place'].find((name) => !names.includes(name))
  return `{{${fresh ?? `value_${names.length + 1}`}}}`
}

/** What is no number is sent as it is not: the check says so. */
export function ttlOf(state: TemplateState): number | null {
  const given = state.ttl.trim().replace('−', '-')
  return given === '' ? null : Number.isInteger(Number(given)) ? Number(given) : 0
}
