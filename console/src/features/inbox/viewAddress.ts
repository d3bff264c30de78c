import type { LocationQueryRaw } from 'vue-router'

import type { SavedView } from '@/api/types'
import { type ListFilter, type MoreFilter, noMore } from '@/shared/query'
import { dayKey } from '@/shared/time'

import { savedFilterOf } from './filter'
import { addressOf } from './more'

type Kept = SavedView['filter']

/** Where a saved view is opened: by its name, so that it shows what it holds at the time. */
export const placeOfView = (view: SavedView) => ({
  view: view.filter.view ?? 'all',
  query: { saved: view.id, status: view.filter.status ?? 'any' },
})

/** Its filters one by one in the address, where each can be changed; `edit` says whose they are. */
export function editQueryOf(view: SavedView): LocationQueryRaw {
  const { filter } = view
  const [inbox, ...others] = filter.inbox_ids ?? []
  return {
    edit: view.id,
    status: filter.status ?? 'any',
    inbox: others.length ? undefined : inbox,
    team: filter.team_id ?? undefined,
    unread: filter.unread ? '1' : undefined,
    failed: filter.failed ? '1' : undefined,
    draft: filter.draft ? '1' : undefined,
    waiting: minutes(filter.waiting_over),
    closing: minutes(filter.closing_within),
    sort: view.sort === 'newest' ? undefined : view.sort,
    ...addressOf(moreOfView(filter)),
  }
}

/** What the view is to hold from now on. What only a program can have set is not lost by it. */
export function changedView(view: SavedView, filter: ListFilter) {
  const { inbox_ids: inboxes, contact_id, q } = view.filter
  const unseen: Partial<Kept> = {
    ...(inboxes && inboxes.length > 1 ? { inbox_ids: inboxes } : {}),
    ...(contact_id ? { contact_id } : {}),
    ...(q ? { q } : {}),
  }
  const sort = filter.sort ?? 'newest'
  return { filter: { ...unseen, ...savedFilterOf(filter) } as Kept, sort }
}

/** A filter as the list's own, for words about it. */
export function filterOfView(view: SavedView): ListFilter {
  const { filter } = view
  return {
    view: filter.view ?? 'all',
    status: filter.status ?? 'any',
    inboxId: filter.inbox_ids?.[0] ?? null,
    teamId: filter.team_id ?? null,
    label: null,
    unread: filter.unread ?? false,
    failed: filter.failed ?? false,
    draft: filter.draft ?? false,
    waitingOver: filter.waiting_over ?? null,
    closingWithin: filter.closing_within ?? null,
    viewId: null,
    more: moreOfView(filter),
    sort: view.sort,
    q: filter.q ?? '',
  }
}

function moreOfView(filter: Kept): MoreFilter {
  return {
    ...noMore,
    channel: filter.channel ?? '',
    agentId: filter.assignee_id ?? '',
    language: filter.language ?? '',
    labelsAny: filter.labels_any ?? [],
    labelsAll: filter.labels_all ?? [],
    labelsNone: filter.labels_none ?? [],
    createdFrom: firstDay(filter.created_from),
    createdTo: lastDay(filter.created_to),
    updatedFrom: firstDay(filter.updated_from),
    updatedTo: lastDay(filter.updated_to),
    attributes: Object.entries(filter.attributes ?? {}).map(([key, value]) => `${key}:${value}`),
  }
}

const minutes = (n: number | null | undefined) => (n ? String(n) : undefined)
const firstDay = (iso: string | null | undefined) => (iso ? dayKey(Date.parse(iso)) : '')
/** The end is the first moment of the day after. */
const lastDay = (iso: string | null | undefined) => (iso ? dayKey(Date.parse(iso) - 1) : '')
