import type { QueryClient } from '@tanstack/vue-query'

import type { Agent, Contact, Conversation, Inbox, Message, Page } from '@/api/types'
import { keys, type ListFilter } from '@/shared/query'
import { me } from '@/shared/session'

import { type Pages, placeConversation, placeMessage, withoutItem } from './reducer'

export interface LiveEvent {
  seq: number
  type: string
  data: unknown
}

/** Brings every cache the event touches up to date. Idempotent: replaying an event is harmless. */
export function applyEvent(client: QueryClient, event: LiveEvent): void {
  // Gone by the time it was read: what remains of it is a matter for the server.
  if ((event.data as { deleted?: boolean } | null)?.deleted) return removed(client, event)
  switch (event.type) {
    case 'message.created':
    case 'message.updated':
      return applyMessage(client, event.data as Message)
    case 'conversation.created':
    case 'conversation.updated':
      return applyConversation(client, event.data as Conversation)
    case 'contact.created':
    case 'contact.updated':
      return applyContact(client, event.data as Contact)
    case 'inbox.created':
    case 'inbox.updated':
      // What waits, and what the provider says, stands in the inbox itself.
      void client.invalidateQueries({ queryKey: keys.inboxes })
      return applyToRows(client, keys.inboxes, event.data as Inbox)
    case 'view.updated':
      return void client.invalidateQueries({ queryKey: keys.views })
    case 'agent.created':
    case 'agent.updated':
      return applyAgent(client, event.data as Agent)
    case 'label.updated':
      return applyLabel(client)
    case 'notice.created':
    case 'notice.updated':
      return void client.invalidateQueries({ queryKey: keys.notices })
    case 'team.updated':
      return applyTeam(client)
    case 'company.updated':
      void client.invalidateQueries({ queryKey: ['companies'] })
      return void client.invalidateQueries({ queryKey: ['company'] })
    case 'attribute.updated':
      return void client.invalidateQueries({ queryKey: ['attributes'] })
    case 'template.updated':
      void client.invalidateQueries({ queryKey: ['templates'] })
  }
}

/** A message that was taken back leaves its thread; anything else is asked for anew. */
function removed(client: QueryClient, event: LiveEvent): void {
  if (!event.type.startsWith('message.')) return void client.invalidateQueries()
  const { id } = event.data as { id: string }
  client.setQueriesData<Pages<Message>>(
    { queryKey: keys.threads },
    (data) => data && withoutItem(data, id),
  )
  void client.invalidateQueries({ queryKey: ['scheduled'] })
}

export function applyMessage(client: QueryClient, message: Message, keepKnown = false): void {
  client.setQueryData<Pages<Message>>(
    keys.thread(message.conversation_id),
    (data) => data && placeMessage(data, message, keepKnown),
  )
  if (message.schedule?.kind === 'scheduled' || message.data?.scheduled_for)
    void client.invalidateQueries({ queryKey: keys.scheduled(message.conversation_id) })
  if (keepKnown) return
  refreshLastWords(client, message)
  if (message.data.mentions?.some((named) => named.id === me.value?.agent.id))
    refreshMentions(client)
}

/** Where one is named is sorted by the mention, which the conversation's own event does not tell. */
function refreshMentions(client: QueryClient): void {
  void client.invalidateQueries({
    queryKey: keys.lists,
    predicate: (query) => (query.queryKey[1] as ListFilter | undefined)?.view === 'mentions',
  })
}

/** A receipt changes the row's tick too, and comes without an event for the conversation. */
function refreshLastWords(client: QueryClient, message: Message): void {
  const known = client.getQueryData<Conversation>(keys.conversation(message.conversation_id))
  const rows = client.getQueriesData<Pages<Conversation>>({ queryKey: keys.lists })
  const row =
    rows
      .flatMap(([, data]) => data?.pages ?? [])
      .flatMap((page) => page.items)
      .find((each) => each.id === message.conversation_id) ?? known
  if (row?.last_message?.id !== message.id) return
  const { id, direction, type, text, status, author, created_at, data } = message
  const last = { id, direction, type, text, status, author, created_at, data }
  applyConversation(client, { ...row, last_message: last })
}

export function applyConversation(client: QueryClient, conversation: Conversation): void {
  const agentId = me.value?.agent.id ?? ''
  for (const query of client.getQueryCache().findAll({ queryKey: keys.lists })) {
    const filter = query.queryKey[1] as ListFilter
    client.setQueryData<Pages<Conversation>>(
      query.queryKey,
      (data) => data && placeConversation(data, conversation, filter, agentId),
    )
  }
  const known = client.getQueryData<Conversation>(keys.conversation(conversation.id))
  if (known && known.merged?.length !== conversation.merged?.length)
    void client.invalidateQueries({ queryKey: keys.thread(conversation.id) })
  client.setQueryData(keys.conversation(conversation.id), conversation)
  client.setQueryData<Page<Conversation>>(
    keys.contactConversations(conversation.contact.id),
    (page) =>
      page && {
        ...page,
        items: upsert(page.items, conversation).filter((each) => each.status !== 'merged'),
      },
  )
}

function applyContact(client: QueryClient, contact: Contact): void {
  client.setQueryData<Contact>(
    keys.contact(contact.id),
    (known) => known && { ...known, ...contact },
  )
  renameEverywhere(client, contact)
  void client.invalidateQueries({ queryKey: ['contacts'] })
  void client.invalidateQueries({ queryKey: keys.consents(contact.id) })
  void client.invalidateQueries({ queryKey: ['contact-notes', contact.id] })
}

/** Rows carry the contact's name; its change arrives as the contact's own event. */
function renameEverywhere(client: QueryClient, contact: Contact): void {
  const rename = (row: Conversation): Conversation =>
    row.contact.id === contact.id
      ? { ...row, contact: { ...row.contact, name: contact.name } }
      : row
  client.setQueriesData<Pages<Conversation>>({ queryKey: keys.lists }, (data) =>
    data?.pages.some((page) => page.items.some((row) => row.contact.id === contact.id))
      ? { ...data, pages: data.pages.map((page) => ({ ...page, items: page.items.map(rename) })) }
      : data,
  )
  client.setQueriesData<Conversation>({ queryKey: ['conversation'] }, (row) => row && rename(row))
}

function applyAgent(client: QueryClient, agent: Agent): void {
  applyToRows(client, keys.agents, agent)
  if (me.value?.agent.id === agent.id)
    me.value = { ...me.value, agent: { ...me.value.agent, ...agent } }
}

/** A new name reaches every conversation without an event for each: asked for again. */
function applyLabel(client: QueryClient): void {
  for (const queryKey of [keys.labels, keys.lists, ['conversation']])
    void client.invalidateQueries({ queryKey })
}

/** Members and names are read again; rows carry the name of their team. */
function applyTeam(client: QueryClient): void {
  for (const queryKey of [keys.teams, keys.lists, ['conversation']])
    void client.invalidateQueries({ queryKey })
}

function applyToRows<T extends { id: string }>(
  client: QueryClient,
  queryKey: readonly unknown[],
  row: T,
): void {
  client.setQueryData<T[]>(queryKey, (rows) => rows && upsert(rows, row))
}

function upsert<T extends { id: string }>(rows: T[], row: T): T[] {
  const at = rows.findIndex((known) => known.id === row.id)
  return at < 0 ? [...rows, row] : rows.with(at, { ...rows[at], ...row })
}
