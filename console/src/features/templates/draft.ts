import type { Template, TemplateComponent } from '@/api/types'

type Json = Record<string, unknown>

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
  format: 'NONE' | 'TEXT' | 'IMAGE' | 'VIDEO' | 'DOCUMENT' | 'LOCATION'
}

export const buttonTypes = ['QUICK_REPLY', 'URL', 'PHONE_NUMBER', 'COPY_CODE', 'FLOW'] as const

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
  code: { advice: boolean; minutes: string; label: string }
  mapping: Record<string, string>
}

const emptyText = (): TextPart => ({ text: '', examples: {} })
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
  code: { advice: true, minutes: '10', label: '' },
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

// --- towards the provider's shape -----------------------------------------------------------------

export function componentsOf(state: TemplateState): TemplateComponent[] {
  return (state.category === 'authentication' ? codeParts(state) : parts(state)) as never
}

function parts(state: TemplateState): Json[] {
  const { named } = state
  return [
    ...headerPart(state.header, named),
    textPart('BODY', state.body, named),
    ...(state.offer.on
      ? [
          {
            type: 'LIMITED_TIME_OFFER',
            limited_time_offer: { text: state.offer.text, has_expiration: state.offer.expires },
          },
        ]
      : []),
    ...(state.footer ? [{ type: 'FOOTER', text: state.footer }] : []),
    ...(state.buttons.length ? [buttonsPart(state.buttons)] : []),
    ...(state.cards.length
      ? [{ type: 'CAROUSEL', cards: state.cards.map((card) => cardPart(card, named)) }]
      : []),
  ]
}

function codeParts({ code }: TemplateState): Json[] {
  const minutes = Number(code.minutes)
  const button = { type: 'OTP', otp_type: 'COPY_CODE', ...(code.label ? { text: code.label } : {}) }
  return [
    { type: 'BODY', add_security_recommendation: code.advice },
    ...(code.minutes ? [{ type: 'FOOTER', code_expiration_minutes: minutes || code.minutes }] : []),
    { type: 'BUTTONS', buttons: [button] },
  ]
}

function headerPart(header: HeaderPart, named: boolean): Json[] {
  if (header.format === 'NONE') return []
  if (header.format === 'TEXT') return [{ ...textPart('HEADER', header, named), format: 'TEXT' }]
  const sample = header.mediaId
    ? { example: { media_id: header.mediaId } }
    : header.handle
      ? { example: { header_handle: [header.handle] } }
      : {}
  return [
    { type: 'HEADER', format: header.format, ...(header.format === 'LOCATION' ? {} : sample) },
  ]
}

function textPart(type: 'HEADER' | 'BODY', part: TextPart, named: boolean): Json {
  const names = blanksOf(part.text)
  const key = type === 'HEADER' ? 'header_text' : 'body_text'
  if (names.length === 0) return { type, text: part.text }
  const example = (name: string) => part.examples[name] ?? ''
  if (named) {
    const given = names.map((name) => ({ param_name: name, example: example(name) }))
    return { type, text: part.text, example: { [`${key}_named_params`]: given } }
  }
  const samples = names.map((_, index) => example(String(index + 1)))
  return { type, text: part.text, example: { [key]: type === 'BODY' ? [samples] : samples } }
}

function buttonsPart(buttons: ButtonPart[]): Json {
  return { type: 'BUTTONS', buttons: buttons.map(buttonPart) }
}

function buttonPart(button: ButtonPart): Json {
  const { type, text } = button
  switch (type) {
    case 'URL':
      return {
        type,
        text,
        url: button.url,
        ...(button.url.includes('{{') ? { example: [button.example] } : {}),
      }
    case 'PHONE_NUMBER':
      return { type, text, phone_number: button.phone_number }
    case 'COPY_CODE':
      return { type, example: button.example }
    case 'FLOW':
      return { type, text, flow_id: button.flow_id }
    default:
      return { type, text }
  }
}

function cardPart(card: CardPart, named: boolean): Json {
  return {
    components: [
      ...headerPart(card.header, named),
      ...(card.body.text ? [textPart('BODY', card.body, named)] : []),
      ...(card.buttons.length ? [buttonsPart(card.buttons)] : []),
    ],
  }
}

// --- from the provider's shape --------------------------------------------------------------------

export function stateOf(template: Template): TemplateState {
  const given = (template.definition ?? template.components) as unknown as Json[]
  const find = (type: string) => partOf(given, type)
  const offer = find('LIMITED_TIME_OFFER')?.['limited_time_offer'] as Json | undefined
  const cards = (find('CAROUSEL')?.['cards'] ?? []) as Json[]
  const footer = find('FOOTER')
  const isCode = template.category === 'authentication'
  const buttons = buttonsOf(find('BUTTONS'))
  return {
    ...emptyState(template.language),
    name: template.name,
    category: template.category,
    named: template.parameter_format === 'named',
    header: headerOf(find('HEADER')),
    body: isCode ? emptyText() : textOf(find('BODY'), 'body'),
    footer: isCode ? '' : String(footer?.['text'] ?? ''),
    buttons: isCode ? [] : buttons,
    offer: {
      on: Boolean(offer),
      text: String(offer?.['text'] ?? ''),
      expires: offer?.['has_expiration'] !== false,
    },
    cards: cards.map((card) => cardOf((card['components'] ?? []) as Json[])),
    code: {
      advice: find('BODY')?.['add_security_recommendation'] !== false,
      minutes: String(footer?.['code_expiration_minutes'] ?? ''),
      label: isCode ? (buttons[0]?.text ?? '') : '',
    },
    mapping: { ...template.mapping },
  }
}

function partOf(components: Json[], type: string): Json | undefined {
  return components.find((part) => String(part['type']).toUpperCase() === type)
}

function textOf(part: Json | undefined, where: 'header' | 'body'): TextPart {
  const example = (part?.['example'] ?? {}) as Json
  const named = (example[`${where}_text_named_params`] ?? []) as Json[]
  const samples = ((example[`${where}_text`] ?? []) as unknown[]).flat()
  const examples = named.length
    ? named.map((each) => [String(each['param_name']), String(each['example'])])
    : samples.map((each, index) => [String(index + 1), String(each)])
  return { text: String(part?.['text'] ?? ''), examples: Object.fromEntries(examples) as never }
}

function headerOf(part: Json | undefined): HeaderPart {
  if (!part) return emptyHeader()
  const example = (part['example'] ?? {}) as Json
  const handles = (example['header_handle'] ?? []) as unknown[]
  return {
    ...textOf(part, 'header'),
    format: (part['format'] ? String(part['format']).toUpperCase() : 'TEXT') as never,
    mediaId: String(example['media_id'] ?? ''),
    handle: String(handles[0] ?? ''),
  }
}

function buttonsOf(part: Json | undefined): ButtonPart[] {
  const given = (part?.['buttons'] ?? []) as Json[]
  return given.map((button) => ({
    ...emptyButton(String(button['type']).toUpperCase() as never),
    text: String(button['text'] ?? ''),
    url: String(button['url'] ?? ''),
    phone_number: String(button['phone_number'] ?? ''),
    example: String([button['example']].flat()[0] ?? ''),
    flow_id: String(button['flow_id'] ?? ''),
  }))
}

function cardOf(components: Json[]): CardPart {
  return {
    header: headerOf(partOf(components, 'HEADER')),
    body: textOf(partOf(components, 'BODY'), 'body'),
    buttons: buttonsOf(partOf(components, 'BUTTONS')),
  }
}
