/** Shapes of /api/v1, as docs/openapi.json states them. Times are RFC 3339 UTC, ids UUIDv7. */

export type Role = 'owner' | 'supervisor' | 'agent'
export type Presence = 'online' | 'away' | 'offline'
export type View = 'mine' | 'unassigned' | 'all'
export type ConversationStatus = 'open' | 'snoozed' | 'closed'

export interface Named {
  id: string
  name: string | null
}

export interface Agent {
  id: string
  name: string
  email: string
  role: Role
  locale: string | null
  status: string
}

export interface Me {
  agent: Agent
  workspace: { id: string; name: string; time_zone: string; locale: string | null }
  seq: number
  now: string
  csrf_token: string
}

export interface Page<T> {
  items: T[]
  next_cursor: string | null
}

export interface ServiceWindow {
  open: boolean
  closes_at: string | null
  allowed: string[]
}

export interface LastMessage {
  id: string
  direction: 'in' | 'out'
  type: string
  text: string | null
  status: MessageStatus
  author?: Author | null
  /** For system messages, whose words the console chooses. */
  data?: MessageData
  created_at: string
}

export interface Conversation {
  id: string
  inbox_id: string
  inbox?: { id: string; name: string; channel: string }
  channel: string
  contact: Named
  status: ConversationStatus
  assignee: Named | null
  claim: number
  labels: string[]
  unread: number
  last_message: LastMessage | null
  /** What the lists are paged by; grows with every message. */
  last_activity_id?: string
  window: ServiceWindow
  created_at: string
  updated_at: string
}

export type MessageStatus =
  | 'received'
  | 'scheduled'
  | 'queued'
  | 'sending'
  | 'uncertain'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'failed'

export interface Author {
  kind: 'contact' | 'agent' | 'bot' | 'system' | 'api'
  id: string | null
  name: string | null
}

export interface Attachment {
  id: string
  name: string | null
  content_type: string | null
  size: number | null
  url: string | null
  state: 'pending' | 'stored' | 'failed' | 'expired'
  width?: number | null
  height?: number | null
  duration?: number | null
}

export interface MessageError {
  code: string
  provider_code: string | number | null
  title: string | null
  detail: string | null
}

export interface Quoted {
  id: string
  type: string
  text: string | null
  author: Author
}

export interface Reaction {
  emoji: string
  author: Author
}

export interface Message {
  id: string
  conversation_id: string
  direction: 'in' | 'out'
  type: string
  text: string | null
  attachments: Attachment[]
  status: MessageStatus
  error: MessageError | null
  author: Author
  reply_to: Quoted | null
  provider_id: string | null
  data: MessageData
  reactions?: Reaction[]
  created_at: string
  sent_at: string | null
  delivered_at: string | null
  read_at: string | null
  failed_at: string | null
}

export interface MessageData {
  contacts?: ContactCard[]
  interactive?: Interactive
  template?: SentTemplate
  reply?: InteractiveReply
  referral?: Referral
  forwarded?: 'once' | 'often' | boolean
  unsupported?: { type?: string | null; reason?: string; detail?: string | null }
  system?: SystemNotice
  voice?: boolean
  [key: string]: unknown
}

export interface SystemNotice {
  kind?: string
  by?: { id: string | null; name: string } | null
  agent?: { id: string; name: string } | null
  [key: string]: unknown
}

export interface Location {
  latitude: number
  longitude: number
  name?: string | null
  address?: string | null
}

export interface ContactCard {
  name?: string | { formatted_name?: string } | null
  org?: { company?: string; title?: string } | null
  phones?: (string | { phone?: string; type?: string; wa_id?: string })[]
  emails?: (string | { email?: string; type?: string })[]
}

export interface Interactive {
  kind: 'buttons' | 'list'
  header?: string | { text?: string } | null
  body: string
  footer?: string | null
  button?: string
  buttons?: { id: string; title: string }[]
  sections?: { title?: string; rows: { id: string; title: string; description?: string }[] }[]
}

export interface InteractiveReply {
  kind: 'button' | 'list' | 'flow'
  id?: string | null
  title?: string | null
  description?: string | null
  response?: unknown
}

export interface SentTemplate {
  name: string
  language: string
  variables?: Record<string, string>
  rendered?: RenderedTemplate
}

export interface RenderedTemplate {
  header?: string | null
  body: string
  footer?: string | null
  buttons?: { type: string; text: string; url?: string | null }[]
}

export interface OrderData {
  catalog_id?: string
  items: { product_id: string; quantity: number; price: number | string; currency: string }[]
  note?: string | null
}

export interface Referral {
  headline?: string | null
  body?: string | null
  source_type?: string | null
  source_url?: string | null
}

export interface Identity {
  channel: string
  scope?: string
  kind: string
  value: string
  verified: boolean
  current?: boolean
}

export interface Contact {
  id: string
  name: string | null
  first_name?: string | null
  locale?: string | null
  identities: Identity[]
  attributes?: Record<string, unknown>
  created_at: string
  updated_at?: string
}

export type HealthState = 'unchecked' | 'ok' | 'attention' | 'down'

export interface Inbox {
  id: string
  channel: string
  name: string
  account?: string | null
  /** Only for those who may set the provider up: it is a secret in itself. */
  webhook_url: string | null
  credentials_set?: string[]
  settings: Record<string, unknown>
  health: HealthState
  health_detail: string
  health_facts?: Record<string, unknown>
  checked_at: string | null
  archived_at?: string | null
}

/** Language → text. */
export type Words = Record<string, string>

export interface ManifestField {
  key: string
  label: Words
  help?: Words | null
  type: 'text' | 'secret' | 'url' | 'number' | 'boolean' | 'choice'
  required?: boolean
  default?: string | number | boolean | null
  choices?: string[]
}

export interface Channel {
  name: string
  title: Words
  capabilities: Record<string, unknown>
  credentials: ManifestField[]
  settings: ManifestField[]
}

export interface TemplateVariable {
  component: string
  key: string
  example?: string
  /** The button's words, or the name of a named variable. */
  label?: string
  kind: 'text' | 'image' | 'video' | 'document' | 'location' | 'code' | 'url'
  required?: boolean
}

export interface TemplateComponent {
  type: string
  format?: string
  text?: string
  buttons?: { type: string; text: string; url?: string; phone_number?: string }[]
}

export interface Template {
  id: string
  inbox_id: string
  name: string
  language: string
  category: string
  status: string
  quality: string | null
  reason?: string | null
  parameter_format: string
  components: TemplateComponent[]
  variables: TemplateVariable[]
}

export interface CountPair {
  open: number
  unread: number
}
export type Counts = Record<View, CountPair>

export interface SetAside {
  id: string
  inbox_id: string
  reason: 'unreadable' | 'unknown' | 'failed'
  detail: string
  body?: string | null
  created_at: string
  resolved_at?: string | null
}

export interface ApiToken {
  id: string
  name: string
  scopes?: string[]
  created_at: string
  last_used_at?: string | null
  token?: string
}

export interface NewAgent extends Agent {
  /** There once, when none was given: to hand over. */
  initial_password: string | null
}

export interface Media {
  id: string
  name?: string | null
  content_type: string
  size: number
}

export interface Problem {
  type?: string
  title?: string
  status?: number
  code?: string
  detail?: string
  errors?: { field: string; message: string }[]
  assignee?: Named
  allowed?: string[]
  closed_at?: string
}

export type SendBody =
  | { type: 'text'; text: string }
  | { type: 'image' | 'video' | 'audio' | 'document'; media_id: string; caption?: string }
  | {
      type: 'template'
      template: { name: string; language: string; variables: Record<string, string> }
    }
  | { type: 'note'; text: string }

export type SendRequest = SendBody & { claim?: number; reply_to?: string }
