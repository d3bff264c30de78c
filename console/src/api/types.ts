import type { components } from './schema'

/**
 * The shapes of /api/v1 by the names the console uses. They come from the server's document
 * (`npm run api`); what the document leaves open (`data`) is written out below.
 */
type Schemas = components['schemas']

export type View = 'mine' | 'unassigned' | 'all' | 'mentions' | 'snoozed' | 'closed'
export type Sort = 'newest' | 'waiting' | 'closing'

export interface Page<T> {
  items: T[]
  next_cursor?: string | null
}

// people
export type Agent = Schemas['AgentOut']
export type Role = Agent['role']
export type NewAgent = Schemas['AgentCreated']
export type ApiToken = Schemas['TokenOut']
export type NewApiToken = Schemas['TokenCreated']
export type Team = Schemas['TeamOut']
export type Me = Schemas['Me']
export type Preferences = Me['preferences']
export type NotificationSettings = Required<Schemas['NotificationSettings']>
export interface Notifications {
  settings: NotificationSettings
  push_key: string
}
export type Device = Schemas['PushSubscriptionOut']
export type NewDevice = Schemas['NewSubscription']
export type Named = Schemas['Named']
export type Author = Schemas['Author']
export type Consent = Schemas['ConsentOut']
export type ConsentEntry = Schemas['NewConsent']
export type Contact = Schemas['ContactOut']
export type Identity = Schemas['IdentityOut']

// conversations
export type ServiceWindow = Schemas['ServiceWindow']
export type SavedView = Schemas['ViewOut']
export type NewSavedView = Schemas['NewView']
export type BulkResult = Schemas['BulkOut']
export type SearchFound = Schemas['Found']
export type SearchGroup = Schemas['Group']
export type SearchHit = Schemas['Hit']
export type SearchKind = SearchHit['kind']
export type Counts = Schemas['Counts']
export type LastMessage = Omit<Schemas['LastMessage'], 'data'> & { data?: MessageData }
export type Conversation = Omit<Schemas['ConversationOut'], 'last_message'> & {
  last_message: LastMessage | null
}
export type ConversationStatus = Conversation['status']

// messages
export type Message = Omit<Schemas['MessageOut'], 'data' | 'attachments'> & {
  data: MessageData
  attachments: Attachment[]
}
export type MessageInfo = Schemas['MessageInfo']
export type MessageStatus = Message['status']
export type MessageError = Schemas['Failure']
export type Quoted = Schemas['Quoted']
export type Reaction = Schemas['Reaction']
export type Media = Schemas['MediaOut']
export type Attachment = Omit<Schemas['Attachment'], 'state'> & {
  state: 'pending' | 'stored' | 'failed' | 'expired'
}

// the desk
export type QuickReply = Schemas['QuickReplyOut']
export type Draft = Schemas['DraftOut']
export type CloseReasons = Required<Schemas['CloseReasons']>
export type Label = Schemas['LabelOut']
export type LabelColour = NonNullable<Schemas['NewLabel']['colour']>

// set-up
export type Notice = Schemas['NoticeOut']
export type Inbox = Schemas['InboxOut']
export type HealthState = Inbox['health']
export type Channel = Schemas['ChannelOut']
export type ManifestField = Schemas['SetupField']
/** Language → text. */
export type Words = Record<string, string>
export type SetAside = Schemas['SetAsideOut']
export type RulesBroken = Schemas['CheckResult']
export type TemplateVariable = Schemas['TemplateVariable']
export type Template = Omit<Schemas['TemplateOut'], 'components'> & {
  components: TemplateComponent[]
}

export interface TemplateComponent {
  type: string
  format?: string
  text?: string
  buttons?: { type: string; text: string; url?: string; phone_number?: string }[]
}

/** What a type of message adds; a place or an order is the whole of its `data`. */
export interface MessageData {
  contacts?: ContactCard[]
  interactive?: Interactive
  template?: SentTemplate
  reply?: InteractiveReply
  referral?: Referral
  forwarded?: 'once' | 'often'
  /** Written in the provider's own app, not here. */
  source?: 'app'
  edited?: { at: string; versions: { id: string | null; at: string; text: string | null }[] }
  /** `by`: who deleted a note. */
  revoked?: { at: string; by?: string }
  /** From before the account was connected. */
  archived?: boolean
  /** The provider has it and looks at its template first. */
  held?: boolean
  /** The product that the customer was looking at when they wrote. */
  referred_product?: { catalog_id?: string | null; product_id?: string | null }
  unsupported?: { type?: string | null; reason?: string; detail?: string | null }
  system?: SystemNotice
  voice?: boolean
  // A letter's: head, whole text, safe HTML, what our mail server found out about the sender.
  subject?: string
  from?: Person
  to?: Person[]
  cc?: Person[]
  bcc?: Person[]
  reply_to?: Person[]
  message_id?: string
  in_reply_to?: string | null
  /** There is HTML (`GET /messages/{id}/page`), with something quoted, with pictures on other servers. */
  page?: { quotes: boolean; remote: boolean }
  text_full?: string
  /** Why not all of it is here; with "size" `size` is the mail's bytes. */
  cut?: 'size' | 'depth' | 'parts'
  size?: number
  is_auto?: boolean
  auto_reason?: string
  /** Content-ID → place among the attachments, for pictures that the HTML shows. */
  inline?: Record<string, number>
  other_subject?: boolean
  auth?: { server: string; spf: string; dkim: string; dmarc: string; aligned: boolean } | null
  /** Recipients that the server refused, with its words. */
  refused?: Record<string, string>
  /** What is known between two tries: others have it, these get it later or never. */
  begun?: { later?: Record<string, string>; refused?: Record<string, string> }
  /** The time it was to leave, where it waited for one. */
  scheduled_for?: string
  /** The agents a note names, by the names they had then. */
  mentions?: { id: string; name: string }[]
  [key: string]: unknown
}

export interface Person {
  name: string
  address: string
}

export interface SystemNotice {
  kind?: string
  by?: { id: string | null; name: string } | null
  agent?: { id: string; name: string } | null
  team?: { id: string; name: string } | null
  /** The customer's new number or id, and the one before. */
  from?: string | null
  to?: string | null
  /** Until when it was snoozed, why it was closed. */
  until?: string
  reason?: string
  /** Why it changed hands, from whom, by which rule. */
  note?: string
  previous?: { id: string; name: string } | null
  why?: string
  [key: string]: unknown
}

export interface Location {
  latitude: number
  longitude: number
  name?: string | null
  address?: string | null
}

export interface ContactCard {
  name?: string | null
  org?: { company?: string; title?: string } | null
  phones?: (string | { phone?: string; type?: string; wa_id?: string })[]
  emails?: (string | { email?: string; type?: string })[]
}

export interface Interactive {
  kind: string
  header?: string | { type?: string; text?: string; media_id?: string } | null
  body?: string
  footer?: string | null
  button?: string
  buttons?: { id: string; title: string }[]
  sections?: {
    title?: string
    rows?: { id: string; title: string; description?: string }[]
    products?: string[]
  }[]
  display_text?: string
  url?: string
  product_id?: string
  products?: string[]
  cards?: {
    header?: { type?: string; media_id?: string }
    body?: string
    display_text?: string
    url?: string
  }[]
}

export interface InteractiveReply {
  kind: 'button' | 'list' | 'flow' | 'call_permission'
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
  /** The header's file, place or product. */
  media?: RenderedHeader | null
  /** A limited-time offer. */
  offer?: { text: string; expires_at?: string } | null
  /** Side by side under the body, each a small template of its own. */
  cards?: RenderedTemplate[]
}

export interface RenderedHeader {
  type: string
  media_id?: string | null
  product_id?: string | null
  latitude?: string | null
  longitude?: string | null
  name?: string | null
  address?: string | null
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
  media_type?: string | null
}

/** RFC 9457, with what our codes add. */
export interface Problem {
  type?: string
  title?: string
  status?: number
  code?: string
  detail?: string
  errors?: { field: string; message: string }[]
  assignee?: { id: string; name: string } | null
  allowed?: string[]
  closed_at?: string
  /** Of a refused sign-in: whether only the code is missing. */
  reason?: string
  draft?: Draft
}

export interface LetterLines {
  subject?: string | null
  to?: Person[]
  cc?: Person[]
  bcc?: Person[]
}

export type SendBody =
  | { type: 'text'; text: string; media_ids?: string[]; letter?: LetterLines }
  | {
      type: 'image' | 'video' | 'audio' | 'document'
      media_id: string
      caption?: string
      voice?: boolean
    }
  | {
      type: 'template'
      template: Schemas['TemplateChoice'] & { variables: Record<string, string> }
    }
  | { type: 'note'; text: string; mentions?: string[] }
  | { type: 'location'; location: Location }
  | { type: 'contacts'; contacts: ContactCard[] }
  | { type: 'interactive'; interactive: Interactive & Record<string, unknown> }

/** `hold`: seconds in which it can be taken back. */
export type SendRequest = SendBody & {
  claim?: number
  reply_to?: string
  send_at?: string
  hold?: number
}
