import type { Template, TemplateComponent } from '@/api/types'

import {
  blanksOf,
  type ButtonPart,
  type CardPart,
  type CodePart,
  emptyApp,
  emptyButton,
  emptyCode,
  emptyHeader,
  emptyState,
  emptyText,
  type HeaderPart,
  type TemplateState,
  type TextPart,
} from './draft'

type Json = Record<string, unknown>

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
  const button = {
    type: 'OTP',
    otp_type: code.kind,
    ...(code.label ? { text: code.label } : {}),
    ...(code.kind === 'COPY_CODE' ? {} : byItself(code)),
  }
  return [
    { type: 'BODY', add_security_recommendation: code.advice },
    ...(code.minutes ? [{ type: 'FOOTER', code_expiration_minutes: minutes || code.minutes }] : []),
    { type: 'BUTTONS', buttons: [button] },
  ]
}

/** What an app needs to take the code without anybody copying it. */
function byItself(code: CodePart): Json {
  return {
    supported_apps: code.apps,
    ...(code.autofill ? { autofill_text: code.autofill } : {}),
    ...(code.kind === 'ZERO_TAP' ? { zero_tap_terms_accepted: code.terms } : {}),
  }
}

function headerPart(header: HeaderPart, named: boolean): Json[] {
  if (header.format === 'NONE') return []
  if (header.format === 'TEXT') return [{ ...textPart('HEADER', header, named), format: 'TEXT' }]
  const sample = header.mediaId
    ? { example: { media_id: header.mediaId } }
    : header.handle
      ? { example: { header_handle: [header.handle] } }
      : {}
  const bare = header.format === 'LOCATION' || header.format === 'PRODUCT'
  return [{ type: 'HEADER', format: header.format, ...(bare ? {} : sample) }]
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
    case 'REQUEST_CONTACT_INFO':
      return { type } // its words are the provider's own
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
    code: isCode ? codeOf(find('BODY'), footer, find('BUTTONS')) : emptyCode(),
    ttl: template.ttl_seconds === null ? '' : String(template.ttl_seconds),
    mapping: { ...template.mapping },
  }
}

function codeOf(
  body: Json | undefined,
  footer: Json | undefined,
  buttons: Json | undefined,
): CodePart {
  const button = ((buttons?.['buttons'] ?? []) as Json[])[0] ?? {}
  const apps = ((button['supported_apps'] ?? []) as Json[]).map((app) => ({
    package_name: String(app['package_name'] ?? ''),
    signature_hash: String(app['signature_hash'] ?? ''),
  }))
  return {
    advice: body?.['add_security_recommendation'] !== false,
    minutes: String(footer?.['code_expiration_minutes'] ?? ''),
    label: String(button['text'] ?? ''),
    kind: (button['otp_type'] ? String(button['otp_type']).toUpperCase() : 'COPY_CODE') as never,
    autofill: String(button['autofill_text'] ?? ''),
    apps: apps.length ? apps : [emptyApp()],
    terms: button['zero_tap_terms_accepted'] === true,
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
