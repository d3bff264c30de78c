/** What the simulator's control API says; see docs/simulator.md. */

export interface Customer {
  id: string
  phone: string
  wa_id: string
  name: string
  country: string
  username: string
  hides_phone: boolean
  on_whatsapp: boolean
  online: boolean
  read_receipts: boolean
  blocked: boolean
  marketing_stopped: boolean
  device: 'android' | 'ios'
  locale: string
  open_chat: string
  unread: number
}

export interface Chat {
  number: string
  name: string
  display: string
  last: Message | null
  unread: number
  typing: boolean
  window_open: boolean
  ice_breakers: string[]
  commands: { command_name: string; command_description: string }[]
  picture: string
  about: string
  username: string
  official: boolean
}

export interface Media {
  url: string
  mime: string
  filename: string
  size: number
}

export interface RenderedButton {
  type: string
  text: string
  url?: string
  code?: string
  payload?: string
  phone_number?: string
  otp_type?: string
  sections?: Section[]
}

export interface Rendered {
  header: string
  header_format?: string
  header_location?: Place
  header_product?: { product_retailer_id: string; catalog_id: string }
  body: string
  footer: string
  buttons: RenderedButton[]
  offer?: { text: string; expires_ms?: number }
  cards?: Rendered[]
}

export interface Section {
  title?: string
  rows?: Row[]
  product_items?: { product_retailer_id: string }[]
}

export interface Place {
  latitude: number | string
  longitude: number | string
  name?: string
  address?: string
}

export interface Card {
  name: { formatted_name: string }
  phones?: { phone: string; type?: string }[]
  emails?: { email: string }[]
  org?: { company?: string; title?: string }
}

export interface Row {
  id: string
  title: string
  description?: string
}

export interface Interactive {
  type: string
  header?: { type: string; text?: string }
  body?: { text: string }
  footer?: { text: string }
  action?: {
    name?: string
    button?: string
    buttons?: { reply: { id: string; title: string } }[]
    sections?: Section[]
    parameters?: { display_text?: string; url?: string; flow_cta?: string }
    catalog_id?: string
    product_retailer_id?: string
    cards?: {
      type?: string
      body?: { text: string }
      action?: {
        product_retailer_id?: string
        parameters?: { display_text?: string; url?: string }
      }
    }[]
  }
  nfm_reply?: { body?: string }
  call_permission_reply?: { response: string }
  button_reply?: Row
  list_reply?: Row
}

export interface OrderItem {
  product_retailer_id: string
  quantity: number
  item_price: number
  currency: string
}

export interface Content {
  text?: { body: string }
  image?: { caption?: string }
  video?: { caption?: string }
  audio?: { voice?: boolean }
  document?: { caption?: string; filename?: string }
  location?: Place
  contacts?: Card[]
  interactive?: Interactive
  rendered?: Rendered
  button?: { text: string }
  order?: { text?: string; product_items: OrderItem[] }
  unsupported?: { type: string }
  system?: { type: string; body: string }
  edited?: boolean
  deleted?: boolean
}

export interface Message {
  id: string
  number: string
  customer: string
  direction: 'in' | 'out'
  type: string
  content: Content
  media: Media | null
  /** The picture or film of each card, in the cards' order. */
  cards: (Media | null)[]
  at: string
  status: string
  seen: boolean
  context: { id?: string; forwarded?: boolean; frequently_forwarded?: boolean }
  quoted: { id: string; direction: 'in' | 'out'; type: string; text: string } | null
  reactions: { customer?: string; business?: string }
}

export interface Product {
  id: string
  name: string
  description?: string
  price: number
  currency: string
}

export interface Catalog {
  id: string
  name: string
  products: Product[]
}

export interface Scenario {
  name: string
  group: string
  title: Record<string, string>
  explanation: Record<string, string>
  running: boolean
}

export interface Fault {
  id: string
  name: string
  next: number | null
}

export interface Clock {
  unix: number
  frozen: boolean
}

export interface Hook {
  id: string
  at: string
  state: string
  summary: string
  attempts: { status: number | null; ms: number; fault?: string }[]
}

/** A message the customer is about to send, as `POST /_sim/customers/{id}/messages` takes it. */
export type Draft = { type: string } & Record<string, unknown>
