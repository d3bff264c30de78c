import type { Conversation, Message, Page } from '@/api/types'
import type { ListFilter, MoreFilter } from '@/shared/query'

/** What TanStack keeps for an infinite list. */
export interface Pages<T> {
  pages: Page<T>[]
  pageParams: unknown[]
}

type Order<T> = (a: T, b: T) => number

/** Latest activity first; the list and the server must agree on this. */
export const byActivity: Order<Conversation> = (a, b) =>
  compare(activityOf(b), activityOf(a)) || compare(b.id, a.id)

/** Newest first in order of arrival, as the server pages them: ids are UUIDv7. */
export const byNewest: Order<Message> = (a, b) => compare(b.id, a.id)

export function activityOf(conversation: Conversation): string {
  return conversation.last_activity_id ?? conversation.last_message?.id ?? conversation.id
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Does the conversation belong in this list? null: only the server can tell (a search). */
export function belongs(
  conversation: Conversation,
  filter: ListFilter,
  agentId: string,
): boolean | null {
  if (conversation.status === 'merged') return false
  if (filter.inboxId && conversation.inbox_id !== filter.inboxId) return false
  if (filter.teamId && conversation.team?.id !== filter.teamId) return false
  if (filter.label && !conversation.labels.includes(filter.label)) return false
  if (!fits(conversation, filter.more)) return false
  if (filter.status && filter.status !== 'any' && conversation.status !== filter.status)
    return false
  if (filter.view === 'mine' && conversation.assignee?.id !== agentId) return false
  if (filter.view === 'unassigned' && conversation.assignee) return false
  if (filter.failed && !conversation.failed) return false
  // What was unread when the list was opened stays until it is opened anew: rows do not vanish under the hand.
  if (filter.unread && !conversation.unread) return null
  return onlyTheServerKnows(filter) ? null : true
}

function fits(conversation: Conversation, more: MoreFilter): boolean {
  const has = (name: string) => conversation.labels.includes(name)
  return (
    (!more.channel || conversation.channel === more.channel) &&
    (!more.agentId || conversation.assignee?.id === more.agentId) &&
    (more.labelsAny.length === 0 || more.labelsAny.some(has)) &&
    more.labelsAll.every(has) &&
    !more.labelsNone.some(has)
  )
}

function onlyTheServerKnows(filter: ListFilter): boolean {
  const asked = [filter.q, filter.viewId, filter.draft, filter.waitingOver, filter.closingWithin]
  const { createdFrom, createdTo, updatedFrom, updatedTo, attributes, language } = filter.more
  const told = [createdFrom, createdTo, updatedFrom, updatedTo, attributes.length, language]
  return filter.view === 'mentions' || [...asked, ...told].some(Boolean)
}

/** As the server sorts: first those the sort is about, then the rest, the latest activity first. */
export function orderOf(filter: ListFilter): Order<Conversation> {
  if (filter.view === 'mentions' || (filter.viewId && !filter.sort)) return () => 0
  if (filter.sort === 'waiting') return byTime((row) => row.waiting_since)
  if (filter.sort === 'closing')
    return byTime((row) => (row.status === 'open' && row.window.open ? row.window.closes_at : null))
  return byActivity
}

function byTime(at: (row: Conversation) => string | null): Order<Conversation> {
  return (a, b) => {
    const [first, second] = [at(a), at(b)]
    if (first && second) return compare(first, second) || compare(a.id, b.id)
    return first ? -1 : second ? 1 : byActivity(a, b)
  }
}

export function placeConversation(
  data: Pages<Conversation>,
  conversation: Conversation,
  filter: ListFilter,
  agentId: string,
): Pages<Conversation> {
  const known = holds(data, conversation.id)
  const wanted = belongs(conversation, filter, agentId) ?? known
  if (!wanted) return known ? withoutItem(data, conversation.id) : data
  return place(data, conversation, orderOf(filter))
}

/** Puts a message where it belongs; `keepKnown` lets an answer of ours lose to an event. */
export function placeMessage(
  data: Pages<Message>,
  message: Message,
  keepKnown = false,
): Pages<Message> {
  if (keepKnown && holds(data, message.id)) return data
  return place(data, message, byNewest)
}

function holds<T extends { id: string }>(data: Pages<T>, id: string): boolean {
  return data.pages.some((page) => page.items.some((item) => item.id === id))
}

export function withoutItem<T extends { id: string }>(data: Pages<T>, id: string): Pages<T> {
  if (!holds(data, id)) return data
  const pages = data.pages.map((page) =>
    page.items.some((item) => item.id === id)
      ? { ...page, items: page.items.filter((item) => item.id !== id) }
      : page,
  )
  return { ...data, pages }
}

/**
 * Inserts or moves one item, touching only the pages that change. An item that would fall behind
 * the last loaded one stays out while there is more to load: its page will bring it.
 */
function place<T extends { id: string }>(data: Pages<T>, item: T, order: Order<T>): Pages<T> {
  const cleared = holds(data, item.id) ? replaceInPlace(data, item, order) : data
  if (cleared !== data) return cleared
  return insert(holds(data, item.id) ? withoutItem(data, item.id) : data, item, order)
}

/** The common case, an update that does not move its item, keeps every other page as it was. */
function replaceInPlace<T extends { id: string }>(
  data: Pages<T>,
  item: T,
  order: Order<T>,
): Pages<T> {
  const pageAt = data.pages.findIndex((page) => page.items.some((known) => known.id === item.id))
  const page = data.pages[pageAt]
  if (!page) return data
  const at = page.items.findIndex((known) => known.id === item.id)
  const before = page.items[at - 1] ?? data.pages[pageAt - 1]?.items.at(-1)
  const after = page.items[at + 1] ?? data.pages[pageAt + 1]?.items[0]
  if ((before && order(before, item) > 0) || (after && order(item, after) > 0)) return data
  const items = page.items.with(at, item)
  return { ...data, pages: data.pages.with(pageAt, { ...page, items }) }
}

function insert<T extends { id: string }>(data: Pages<T>, item: T, order: Order<T>): Pages<T> {
  for (const [pageAt, page] of data.pages.entries()) {
    const at = page.items.findIndex((known) => order(item, known) < 0)
    if (at >= 0) {
      const items = page.items.toSpliced(at, 0, item)
      return { ...data, pages: data.pages.with(pageAt, { ...page, items }) }
    }
  }
  const last = data.pages.at(-1)
  if (!last || last.next_cursor !== null) return data
  const items = [...last.items, item]
  return { ...data, pages: data.pages.with(-1, { ...last, items }) }
}

/** All loaded items in order. */
export function flat<T>(data: Pages<T> | undefined): T[] {
  return data ? data.pages.flatMap((page) => page.items) : []
}
