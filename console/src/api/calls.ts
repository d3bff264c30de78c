import { request } from './client'
import type {
  Agent,
  ApiToken,
  BulkResult,
  Channel,
  Consent,
  ConsentEntry,
  Contact,
  CloseReasons,
  Conversation,
  Counts,
  Device,
  Draft,
  Inbox,
  Label,
  LetterLines,
  Me,
  Media,
  Message,
  MessageInfo,
  NewAgent,
  NewApiToken,
  NewSavedView,
  NewDevice,
  Notice,
  Notifications,
  NotificationSettings,
  Page,
  Preferences,
  QuickReply,
  Role,
  SavedView,
  SearchFound,
  SendBody,
  RulesBroken,
  SendRequest,
  SetAside,
  Team,
  Template,
} from './types'

export interface ConversationQuery {
  view?: string
  status?: string
  inbox_id?: string
  contact_id?: string
  channel?: string
  assignee_id?: string
  label?: string[]
  label_all?: string[]
  label_none?: string[]
  created_from?: string
  created_to?: string
  updated_from?: string
  updated_to?: string
  attribute?: string[]
  language?: string
  team_id?: string
  unread?: boolean
  failed?: boolean
  draft?: boolean
  waiting_over?: number
  closing_within?: number
  view_id?: string
  sort?: string
  q?: string
  cursor?: string | null
  limit?: number
}

export interface SearchQuery {
  q: string
  kind?: string
  inbox_id?: string
  agent_id?: string
  direction?: string
  has_attachment?: boolean
  from?: string
  to?: string
  cursor?: string
}

/** More than any business has of these; the server's greatest page. */
const MANY = { limit: 200 }

/** A list whose every row fits one page. */
const rows = <T>(answer: Page<T>) => answer.items

/** Every row of a list that a person makes by hand, page after page. */
async function every<T>(path: string): Promise<T[]> {
  const found: T[] = []
  let cursor: string | null | undefined = null
  do {
    const page: Page<T> = await request<Page<T>>(path, { query: { ...MANY, cursor } })
    found.push(...page.items)
    cursor = page.next_cursor
  } while (cursor)
  return found
}

/** `snooze_until` null: until the customer writes. */
export type StatusChange =
  | { status: 'open' }
  | { status: 'snoozed'; snooze_until: string | null }
  | { status: 'closed'; reason?: string }

export type BulkAction =
  | { action: 'assign'; agent_id: string | null; take_over?: boolean }
  | { action: 'team'; team_id: string | null }
  | { action: 'label' | 'unlabel'; label: string }
  | { action: 'snooze'; snooze_until: string | null }
  | { action: 'close'; reason: string }
  | { action: 'reopen' | 'read' }
/** A template as it is written, before the provider has seen it. */
export type TemplateContent = Pick<
  Template,
  'name' | 'language' | 'category' | 'components' | 'parameter_format' | 'ttl_seconds'
>
export interface TemplateKeeping {
  mapping?: Record<string, string>
  submit: boolean
}

export type QuickReplyBody = Pick<QuickReply, 'shortcut' | 'text' | 'folder' | 'scope'> & {
  media_ids: string[]
}
export interface TeamBody {
  name: string
  member_ids: string[]
}
export type LabelBody = Pick<Label, 'name' | 'colour' | 'category'>

// session
export const getMe = () => request<Me>('/me')
export const changePreferences = (change: Partial<Preferences>) =>
  request<Preferences>('/me/preferences', { method: 'PATCH', body: change })
export const signIn = (email: string, password: string, totp?: string) =>
  request<unknown>('/session', { method: 'POST', body: { email, password, totp } })
export const signOut = () => request<undefined>('/session', { method: 'DELETE' })

// conversations
export const listConversations = (query: ConversationQuery, signal?: AbortSignal) =>
  request<Page<Conversation>>('/conversations', { query: { ...query }, signal })
export const getCounts = () => request<Counts>('/conversations/counts')
export const bulkChange = (ids: string[], action: BulkAction) =>
  request<BulkResult>('/conversations/bulk', { method: 'POST', body: { ids, ...action } })
export const search = (query: SearchQuery, signal?: AbortSignal) =>
  request<SearchFound>('/search', { query: { ...query }, signal })
export const listViews = () => every<SavedView>('/views')
export const addView = (body: NewSavedView) =>
  request<SavedView>('/views', { method: 'POST', body })
export const changeView = (id: string, body: Partial<NewSavedView>) =>
  request<SavedView>(`/views/${id}`, { method: 'PATCH', body })
/** Those not named follow as they stood. */
export const orderViews = (ids: string[]) =>
  request<undefined>('/views/order', { method: 'PUT', body: { ids } })
export const deleteView = (id: string) => request<undefined>(`/views/${id}`, { method: 'DELETE' })
export const getConversation = (id: string) => request<Conversation>(`/conversations/${id}`)
export const setConversationStatus = (id: string, change: StatusChange) =>
  request<Conversation>(`/conversations/${id}`, { method: 'PATCH', body: change })
export const setConversationLabels = (id: string, labels: string[]) =>
  request<Conversation>(`/conversations/${id}`, { method: 'PATCH', body: { labels } })
export const claimConversation = (id: string) =>
  request<Conversation>(`/conversations/${id}/claim`, { method: 'POST', body: {} })
export const assignConversation = (
  id: string,
  agentId: string | null,
  takeOver = false,
  note = '',
) =>
  request<Conversation>(`/conversations/${id}/assignee`, {
    method: 'PUT',
    body: { agent_id: agentId, ...(takeOver && { take_over: true }), ...(note && { note }) },
  })
export const askForConversation = (id: string) =>
  request<unknown>(`/conversations/${id}/ask`, { method: 'POST', body: {} })
export const markRead = (id: string, upTo?: string) =>
  request<unknown>(`/conversations/${id}/read`, {
    method: 'POST',
    body: upTo ? { up_to: upTo } : {},
  })
export const sendTyping = (id: string) =>
  request<unknown>(`/conversations/${id}/typing`, { method: 'POST', body: {} })

// messages
export const listMessages = (id: string, cursor: string | null, limit = 50) =>
  request<Page<Message>>(`/conversations/${id}/messages`, { query: { cursor, limit } })
export interface MessagePage extends Page<Message> {
  /** Null where the page holds the newest message. */
  newer_cursor?: string | null
}
export const listMessagesAround = (id: string, around: string, limit = 50) =>
  request<MessagePage>(`/conversations/${id}/messages`, { query: { around, limit } })
export const listNewerMessages = (id: string, newer: string, limit = 50) =>
  request<MessagePage>(`/conversations/${id}/messages`, { query: { newer_than: newer, limit } })
export const listTimeline = (contactId: string, cursor: string | null, limit = 50) =>
  request<Page<Message>>(`/contacts/${contactId}/timeline`, { query: { cursor, limit } })
export const getMessageInfo = (id: string) => request<MessageInfo>(`/messages/${id}/info`)
export const retryMessage = (id: string, confirm: boolean) =>
  request<Message>(`/messages/${id}/retry`, { method: 'POST', body: { confirm } })
export const copyMedia = (id: string) => request<Media>(`/media/${id}/copy`, { method: 'POST' })
export const retryMedia = (id: string) =>
  request<unknown>(`/media/${id}/retry`, { method: 'POST', body: {} })
export const listScheduled = (id: string) => every<Message>(`/conversations/${id}/scheduled`)
/** The message comes back under a new id. */
export const reschedule = (id: string, change: { send_at?: string | null; text?: string }) =>
  request<Message>(`/messages/${id}/schedule`, { method: 'PATCH', body: change })
/** Only what has not left; a conflict says that it has. */
export const takeBack = (id: string) =>
  request<undefined>(`/messages/${id}/schedule`, { method: 'DELETE' })
export const sendMessage = (id: string, body: SendRequest, idempotencyKey: string) =>
  request<Message>(`/conversations/${id}/messages`, { method: 'POST', body, idempotencyKey })

export const getMessage = (id: string) => request<Message>(`/messages/${id}`)
export const sendToAddress = (inboxId: string, to: string, body: SendBody) =>
  request<Message>('/messages', { method: 'POST', body: { ...body, inbox_id: inboxId, to } })
/** To an address: a conversation of its own. */
export const sendLetter = (
  body: {
    inbox_id: string
    to: string
    text: string
    media_ids?: string[]
    letter: LetterLines
  },
  idempotencyKey: string,
) =>
  request<Message>('/messages', { method: 'POST', body: { ...body, type: 'text' }, idempotencyKey })
export const changeNote = (id: string, text: string, mentions: string[]) =>
  request<Message>(`/messages/${id}`, { method: 'PATCH', body: { text, mentions } })
export const deleteNote = (id: string) => request<Message>(`/messages/${id}`, { method: 'DELETE' })
export const mergeConversation = (id: string, into: string) =>
  request<Conversation>(`/conversations/${id}/merge`, { method: 'POST', body: { into } })
export const unmergeConversation = (id: string) =>
  request<Conversation>(`/conversations/${id}/merge`, { method: 'DELETE' })
export const splitConversation = (id: string, messageId: string) =>
  request<Conversation>(`/conversations/${id}/split`, {
    method: 'POST',
    body: { message_id: messageId },
  })

// contacts
export const getContact = (id: string) => request<Contact>(`/contacts/${id}`)
export const listConsents = (id: string) => request<Page<Consent>>(`/contacts/${id}/consents`)
export const addConsent = (id: string, body: ConsentEntry) =>
  request<Consent>(`/contacts/${id}/consents`, { method: 'POST', body })

// drafts
export const listDrafts = () => every<Draft>('/drafts')
export const keepDraft = (id: string, text: string, seen: string | null) =>
  request<Draft>(`/conversations/${id}/draft`, { method: 'PUT', body: { text, seen } })
export const dropDraft = (id: string, seen: string | null) =>
  request<undefined>(`/conversations/${id}/draft`, { method: 'DELETE', query: { seen } })

// quick replies, labels
export const listQuickReplies = () => every<QuickReply>('/quick-replies')
export const addQuickReply = (body: QuickReplyBody) =>
  request<QuickReply>('/quick-replies', { method: 'POST', body })
export const changeQuickReply = (id: string, body: QuickReplyBody) =>
  request<QuickReply>(`/quick-replies/${id}`, { method: 'PATCH', body })
export const deleteQuickReply = (id: string) =>
  request<undefined>(`/quick-replies/${id}`, { method: 'DELETE' })
export const countQuickReply = (id: string) =>
  request<undefined>(`/quick-replies/${id}/used`, { method: 'POST' })
export const listLabels = () => every<Label>('/labels')
export const addLabel = (body: LabelBody) => request<Label>('/labels', { method: 'POST', body })
export const changeLabel = (id: string, body: LabelBody) =>
  request<Label>(`/labels/${id}`, { method: 'PATCH', body })
export const deleteLabel = (id: string) => request<undefined>(`/labels/${id}`, { method: 'DELETE' })

// why conversations are closed
export const listCloseReasons = () => request<CloseReasons>('/close-reasons')
export const setCloseReasons = (body: CloseReasons) =>
  request<CloseReasons>('/close-reasons', { method: 'PUT', body })

// notices
export const listNotices = async () =>
  rows(await request<Page<Notice>>('/notices', { query: MANY }))
export const dismissNotice = (id: string) =>
  request<undefined>(`/notices/${id}/dismiss`, { method: 'POST', body: {} })
export const dismissNotices = () =>
  request<unknown>('/notices/dismiss', { method: 'POST', body: {} })

// notifications
export const getNotifications = () => request<Notifications>('/me/notifications')
export const putNotifications = (body: NotificationSettings) =>
  request<Notifications>('/me/notifications', { method: 'PUT', body })
export const listDevices = async () => rows(await request<Page<Device>>('/me/push-subscriptions'))
export const addDevice = (body: NewDevice) =>
  request<Device>('/me/push-subscriptions', { method: 'POST', body })
export const deleteDevice = (id: string) =>
  request<undefined>(`/me/push-subscriptions/${id}`, { method: 'DELETE' })
export const attend = (conversationId: string | null) =>
  request<undefined>('/me/attention', { method: 'PUT', body: { conversation_id: conversationId } })

// teams
export const listTeams = () => every<Team>('/teams')
export const addTeam = (body: TeamBody) => request<Team>('/teams', { method: 'POST', body })
export const changeTeam = (id: string, body: TeamBody) =>
  request<Team>(`/teams/${id}`, { method: 'PATCH', body })
export const deleteTeam = (id: string) => request<undefined>(`/teams/${id}`, { method: 'DELETE' })
export const giveToTeam = (id: string, teamId: string | null) =>
  request<Conversation>(`/conversations/${id}/team`, { method: 'PUT', body: { team_id: teamId } })

// agents
export const listAgents = async () => rows(await request<Page<Agent>>('/agents', { query: MANY }))
export const addAgent = (body: { name: string; email: string; role: Role }, key: string) =>
  request<NewAgent>('/agents', { method: 'POST', body, idempotencyKey: key })
export const updateAgent = (id: string, body: { status?: string; locale?: string }) =>
  request<Agent>(`/agents/${id}`, { method: 'PATCH', body })
export const listTokens = async (agentId: string) =>
  rows(await request<Page<ApiToken>>(`/agents/${agentId}/tokens`))
export const createToken = (agentId: string, name: string) =>
  request<NewApiToken>(`/agents/${agentId}/tokens`, { method: 'POST', body: { name } })
export const revokeToken = (agentId: string, id: string) =>
  request<undefined>(`/agents/${agentId}/tokens/${id}`, { method: 'DELETE' })

// inboxes, channels, templates
export const listChannels = async () => rows(await request<Page<Channel>>('/channels'))
export const listInboxes = async () => rows(await request<Page<Inbox>>('/inboxes', { query: MANY }))
export const createInbox = (body: {
  channel: string
  name: string
  credentials: Record<string, unknown>
  settings: Record<string, unknown>
}) => request<Inbox>('/inboxes', { method: 'POST', body })
export const checkInbox = (id: string) =>
  request<Inbox>(`/inboxes/${id}/check`, { method: 'POST', body: {} })
export const listTemplates = async (query: { inbox_id?: string; status?: string }) =>
  rows(await request<Page<Template>>('/templates', { query: { ...query, ...MANY } }))
export const checkTemplate = (inboxId: string, content: TemplateContent) =>
  request<RulesBroken>(`/inboxes/${inboxId}/templates/check`, { method: 'POST', body: content })
export const addTemplate = (inboxId: string, body: TemplateContent & TemplateKeeping) =>
  request<Template>(`/inboxes/${inboxId}/templates`, { method: 'POST', body })
export const changeTemplate = (id: string, body: Partial<TemplateContent> & TemplateKeeping) =>
  request<Template>(`/templates/${id}`, { method: 'PATCH', body })
export const copyTemplate = (id: string, language: string) =>
  request<Template>(`/templates/${id}/copy`, { method: 'POST', body: { language } })
export const deleteTemplate = (id: string, allLanguages: boolean) =>
  request<undefined>(`/templates/${id}`, {
    method: 'DELETE',
    query: { all_languages: String(allLanguages) },
  })
export const syncTemplates = (inboxId: string) =>
  request<unknown>(`/inboxes/${inboxId}/templates/sync`, { method: 'POST', body: {} })
export const listSetAside = async () =>
  rows(await request<Page<SetAside>>('/set-aside', { query: MANY }))
export const replaySetAside = (id: string) =>
  request<undefined>(`/set-aside/${id}/replay`, { method: 'POST', body: {} })
