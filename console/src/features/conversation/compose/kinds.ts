import type { SendBody } from '@/api/types'

/** What can be composed besides words and files; which of them there are is the channel's manifest's matter. */
export type Limits = Record<string, number>
export type Shape = 'line' | 'text' | 'number' | 'url' | 'form' | 'ids'

export interface Part {
  key: string
  shape: Shape
  required?: boolean
  /** The name of its limit in the manifest; of a number, the greatest. */
  limit?: string
  most?: number
}

export interface Row {
  title: string
  description: string
}

export interface Filled {
  values: Record<string, string>
  rows: Row[]
}

export interface Kind {
  name: string
  parts: Part[]
  /** Lines to tap on, with or without a description. */
  rows?: 'titles' | 'described'
  build: (filled: Filled) => SendBody
}

const body: Part = { key: 'body', shape: 'text', required: true, limit: 'body' }
const footer: Part = { key: 'footer', shape: 'line', limit: 'footer' }
const label: Part = { key: 'label', shape: 'line', required: true, limit: 'label' }
const id = (key: string): Part => ({ key, shape: 'line', required: true, limit: 'id' })

/** Nothing that is empty travels. */
function some<T extends object>(given: T): T {
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== '' && value !== undefined),
  ) as T
}

const tapped = (kind: string, { values }: Filled, more: object = {}): SendBody => ({
  type: 'interactive',
  interactive: { ...some({ kind, body: values.body, footer: values.footer }), ...more },
})
const asking = (name: string): Kind => ({
  name,
  parts: [body],
  build: (filled) => tapped(name, filled),
})
export const idsOf = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)

export const KINDS: Kind[] = [
  {
    name: 'location',
    parts: [
      { key: 'latitude', shape: 'number', required: true, most: 90 },
      { key: 'longitude', shape: 'number', required: true, most: 180 },
      { key: 'place', shape: 'line', most: 1000 },
      { key: 'address', shape: 'line', most: 1000 },
    ],
    build: ({ values }) => ({
      type: 'location',
      location: some({
        latitude: Number(values.latitude),
        longitude: Number(values.longitude),
        name: values.place,
        address: values.address,
      }),
    }),
  },
  {
    name: 'contacts',
    parts: [
      { key: 'person', shape: 'line', required: true, most: 200 },
      { key: 'phone', shape: 'line', most: 40 },
      { key: 'email', shape: 'line', most: 200 },
      { key: 'company', shape: 'line', most: 200 },
    ],
    build: ({ values }) => ({
      type: 'contacts',
      contacts: [
        {
          name: values.person,
          ...(values.phone ? { phones: [{ phone: values.phone }] } : {}),
          ...(values.email ? { emails: [{ email: values.email }] } : {}),
          ...(values.company ? { org: { company: values.company } } : {}),
        },
      ],
    }),
  },
  {
    name: 'buttons',
    parts: [body, footer],
    rows: 'titles',
    build: (filled) =>
      tapped('buttons', filled, {
        buttons: filled.rows.map(({ title }, index) => ({ id: `b${String(index + 1)}`, title })),
      }),
  },
  {
    name: 'list',
    parts: [body, label, footer],
    rows: 'described',
    build: (filled) =>
      tapped('list', filled, {
        button: filled.values.label,
        sections: [
          { rows: filled.rows.map((row, n) => some({ id: `r${String(n + 1)}`, ...row })) },
        ],
      }),
  },
  {
    name: 'cta_url',
    parts: [body, label, { key: 'url', shape: 'url', required: true, limit: 'url' }, footer],
    build: (filled) =>
      tapped('cta_url', filled, { display_text: filled.values.label, url: filled.values.url }),
  },
  {
    name: 'flow',
    parts: [{ key: 'form', shape: 'form', required: true }, body, label, footer],
    build: (filled) =>
      tapped('flow', filled, {
        flow_id: filled.values.form,
        button: filled.values.label,
        action: 'data_exchange',
      }),
  },
  asking('location_request'),
  asking('contact_request'),
  asking('call_permission'),
  {
    name: 'product',
    parts: [id('catalog_id'), id('product_id'), { ...body, required: false }],
    build: (filled) =>
      tapped('product', filled, {
        catalog_id: filled.values.catalog_id,
        product_id: filled.values.product_id,
      }),
  },
  {
    name: 'product_list',
    parts: [
      id('catalog_id'),
      { key: 'header', shape: 'line', required: true, limit: 'header' },
      body,
      { key: 'products', shape: 'ids', required: true, limit: 'items' },
      footer,
    ],
    build: (filled) =>
      tapped('product_list', filled, {
        catalog_id: filled.values.catalog_id,
        header: filled.values.header,
        sections: [{ products: idsOf(filled.values.products ?? '') }],
      }),
  },
  {
    name: 'catalog',
    parts: [body, { ...id('product_id'), required: false }, footer],
    build: (filled) =>
      tapped('catalog', filled, some({ product_id: filled.values.product_id ?? '' })),
  },
]

/** Those that the channel takes, in the order of the menu. */
export function kindsOf(types: readonly string[], interactive: Record<string, Limits>): Kind[] {
  return KINDS.filter(({ name }) => types.includes(name) || name in interactive)
}
