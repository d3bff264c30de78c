import { describe, expect, it } from 'vitest'

import { checkValues, findTemplates, prefill, renderTemplate } from '@/features/templates/template'
import { emptyButton, emptyHeader, emptyState, nextBlank, ttlOf } from '@/features/templates/draft'
import { componentsOf, stateOf } from '@/features/templates/shape'
import { whyNot } from '@/features/templates/reasons'

import { template } from './make'

const shipped = template(
  [
    { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
    { type: 'BODY', text: 'Hi {{1}}, it arrives on {{2}}.' },
    { type: 'FOOTER', text: 'Minato Coffee' },
    { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Track', url: 'https://m.example/{{1}}' }] },
  ],
  [
    { component: 'header', key: 'header.1' },
    { component: 'body', key: '1' },
    { component: 'body', key: '2' },
    { component: 'button', key: 'button.0', kind: 'url', label: 'Track' },
  ],
)
const named = template(
  [{ type: 'BODY', text: 'Welcome back, {{first_name}}!' }],
  [{ component: 'body', key: 'first_name', label: 'first_name' }],
)
const full = { 'header.1': 'A-1', '1': 'Hanako', '2': 'Friday', 'button.0': 'A-1' }

describe('a template', () => {
  it('is rendered as the customer will read it', () => {
    expect(renderTemplate(shipped, full)).toEqual({
      header: 'Order A-1',
      body: 'Hi Hanako, it arrives on Friday.',
      footer: 'Minato Coffee',
      buttons: [{ type: 'URL', text: 'Track', url: 'https://m.example/A-1' }],
    })
  })

  it('shows what is still missing', () => {
    expect(renderTemplate(shipped, { '1': '  ' }).body).toBe('Hi {{1}}, it arrives on {{2}}.')
  })

  it('does not take a customer’s text for a placeholder', () => {
    expect(renderTemplate(shipped, { ...full, '1': '{{2}} $& $1' }).body).toBe(
      'Hi {{2}} $& $1, it arrives on Friday.',
    )
  })

  it('may be sent when every variable is filled', () => {
    expect(checkValues(shipped, full)).toEqual({})
    expect(checkValues(shipped, { ...full, '2': ' ' })).toEqual({ '2': 'required' })
  })

  it('refuses lines, tabs, rows of spaces and too much', () => {
    expect(checkValues(named, { first_name: 'a\nb' })).toEqual({ first_name: 'noLines' })
    expect(checkValues(named, { first_name: 'a     b' })).toEqual({ first_name: 'noLines' })
    expect(checkValues(named, { first_name: 'a    b' })).toEqual({})
    expect(checkValues(named, { first_name: '花'.repeat(1025) })).toEqual({ first_name: 'tooLong' })
    expect(checkValues(named, { first_name: '花'.repeat(1020) })).toEqual({
      first_name: 'bodyTooLong',
    })
    expect(checkValues(shipped, { ...full, 'header.1': 'x'.repeat(61) })).toEqual({
      'header.1': 'tooLong',
    })
  })

  it('lets optional variables be empty', () => {
    const place = template(
      [{ type: 'BODY', text: 'Here' }],
      [{ component: 'header', key: 'header.name', kind: 'location', required: false }],
    )
    expect(checkValues(place, {})).toEqual({})
  })
})

describe('prefilling', () => {
  it('takes the first name where it is one', () => {
    expect(prefill(named, 'Maria Silva')).toEqual({ first_name: 'Maria' })
  })

  it('does not cut a Japanese name in half', () => {
    expect(prefill(named, '佐藤 花子')).toEqual({ first_name: '佐藤 花子' })
  })

  it('fills a number only where a greeting has the name', () => {
    expect(prefill(shipped, 'John Carter')).toMatchObject({ '1': 'John Carter', '2': '' })
    const sama = template(
      [{ type: 'BODY', text: 'こんにちは、{{1}}様。' }],
      [{ component: 'body', key: '1' }],
    )
    expect(prefill(sama, '佐藤 花子')).toEqual({ '1': '佐藤 花子' })
  })

  it('leaves everything empty for somebody without a name', () => {
    expect(prefill(named, null)).toEqual({ first_name: '' })
  })
})

describe('finding', () => {
  const list = [
    { ...shipped, id: '1', name: 'b', language: 'ja' },
    { ...shipped, id: '2', name: 'a', language: 'en_US' },
    { ...shipped, id: '3', name: 'c', status: 'PAUSED' },
  ]
  it('offers approved ones, the reader’s language first', () => {
    expect(findTemplates(list, { q: '', language: '' }, 'ja').map((one) => one.id)).toEqual([
      '1',
      '2',
    ])
    expect(findTemplates(list, { q: '', language: 'en_US' }, 'ja').map((one) => one.id)).toEqual([
      '2',
    ])
    expect(findTemplates(list, { q: 'ARRIVES', language: '' }, 'en')).toHaveLength(2)
  })
})

describe('a template that is written', () => {
  const made = (changes: object) =>
    componentsOf({ ...emptyState('en_US'), name: 'n', ...changes }) as unknown as Record<
      string,
      unknown
    >[]

  it('names its examples by number or by name', () => {
    const body = { text: 'Hello {{1}}, see {{2}} soon.', examples: { '1': 'Hanako', '2': 'us' } }
    expect(made({ body })[0]).toEqual({
      type: 'BODY',
      text: body.text,
      example: { body_text: [['Hanako', 'us']] },
    })
    const named = { text: 'Hello {{name}}, hi.', examples: { name: 'Hanako' } }
    expect(made({ body: named, named: true })[0]?.['example']).toEqual({
      body_text_named_params: [{ param_name: 'name', example: 'Hanako' }],
    })
  })

  it('comes back as it was', () => {
    const state = {
      ...emptyState('ja'),
      name: 'sale',
      category: 'marketing',
      header: { ...emptyHeader('IMAGE'), mediaId: 'm1' },
      body: { text: 'Now {{1}} off all beans.', examples: { '1': '10%' } },
      buttons: [
        {
          ...emptyButton('URL'),
          text: 'Open',
          url: 'https://e.io/{{1}}',
          example: 'https://e.io/1',
        },
        { ...emptyButton('COPY_CODE'), example: 'SALE10' },
      ],
      offer: { on: true, text: 'Today', expires: true },
      mapping: { '1': 'contact.name' },
    }
    const kept = {
      name: 'sale',
      language: 'ja',
      category: 'marketing',
      parameter_format: 'positional',
      components: [],
      definition: componentsOf(state),
      mapping: state.mapping,
      ttl_seconds: null,
    }
    expect(stateOf(kept as never)).toEqual(state)
  })

  it('for codes names the apps that may take them', () => {
    const state = {
      ...emptyState('ja'),
      name: 'code',
      category: 'authentication',
      ttl: '300',
      code: {
        ...emptyState('ja').code,
        kind: 'ZERO_TAP' as const,
        autofill: '入力',
        apps: [{ package_name: 'com.example.app', signature_hash: 'K8a/AINcGX7' }],
        terms: true,
      },
    }
    const components = componentsOf(state) as unknown as Record<string, unknown>[]
    expect(components[2]).toEqual({
      type: 'BUTTONS',
      buttons: [
        {
          type: 'OTP',
          otp_type: 'ZERO_TAP',
          supported_apps: state.code.apps,
          autofill_text: '入力',
          zero_tap_terms_accepted: true,
        },
      ],
    })
    const kept = {
      ...{ name: 'code', language: 'ja', category: 'authentication', mapping: {} },
      ...{ parameter_format: 'positional', components: [], definition: components },
      ttl_seconds: ttlOf(state),
    }
    expect(stateOf(kept as never)).toEqual(state)
  })

  it('is delivered as long as was said', () => {
    const ttl = (given: string) => ttlOf({ ...emptyState('en'), ttl: given })
    expect([ttl(''), ttl('600'), ttl('−1'), ttl('soon')]).toEqual([null, 600, -1, 0])
  })

  it('offers the next blank', () => {
    expect(nextBlank('Hi {{1}}', false)).toBe('{{2}}')
    expect(nextBlank('Hi {{name}}', true)).toBe('{{date}}')
  })
})

describe('what may be sent', () => {
  const offer = { status: 'approved', category: 'marketing' } as never
  const consent = (state: string, at: string, purpose = 'marketing') => ({
    state,
    purpose,
    created_at: at,
  })
  const why = (consents: object[], needsConsent = true) =>
    whyNot(offer, { consents: consents as never, needsConsent })

  it('is approved, and marketing only with consent', () => {
    expect(
      whyNot({ status: 'approved', category: 'utility' } as never, {
        consents: [],
        needsConsent: true,
      }),
    ).toBeNull()
    expect(
      whyNot({ status: 'paused', category: 'utility' } as never, {
        consents: [],
        needsConsent: true,
      }),
    ).not.toBeNull()
    expect(why([])).not.toBeNull()
    expect(why([], false)).toBeNull()
    expect(why([consent('granted', '2026-01-01')])).toBeNull()
    expect(
      why([consent('granted', '2026-01-01'), consent('withdrawn', '2026-02-01', 'all')]),
    ).not.toBeNull()
    expect(why([consent('withdrawn', '2026-02-01')], false)).not.toBeNull()
  })
})

describe('what fills itself', () => {
  it('follows the mapping to the contact', () => {
    const contact = {
      attributes: { member_since: 2024 },
      identities: [{ kind: 'phone', value: '+8190', current: true }],
    }
    const mapped = {
      components: [{ type: 'BODY', text: 'A {{1}} b {{2}} c {{3}} d' }],
      variables: ['1', '2', '3'].map((key) => ({ component: 'body', key, kind: 'text' })),
      mapping: { '1': 'contact.first_name', '2': 'attribute.member_since', '3': 'contact.phone' },
    }
    expect(prefill(mapped as never, 'John Smith', contact as never)).toEqual({
      '1': 'John',
      '2': '2024',
      '3': '+8190',
    })
  })
})
