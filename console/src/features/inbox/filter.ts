import type { LocationQuery, LocationQueryRaw, RouteParams } from 'vue-router'

import type { Sort, View } from '@/api/types'
import type { ListFilter } from '@/shared/query'

import { attributesOf, filled, labelsOf, MORE, moreOf, moreQueryOf } from './more'

/** The list as the address says it, so that a reload, a bookmark and the back button show the same. */
export function filterOf(params: RouteParams, query: LocationQuery): ListFilter {
  const view = (one(params.view) ?? 'unassigned') as View
  return {
    view,
    status: one(query.status) ?? statusOf(view),
    inboxId: one(query.inbox),
    teamId: one(query.team),
    label: one(query.label),
    unread: query.unread === '1',
    failed: query.failed === '1',
    draft: query.draft === '1',
    waitingOver: minutes(query.waiting),
    closingWithin: minutes(query.closing),
    viewId: one(query.saved),
    more: moreOf(query),
    sort: (one(query.sort) ?? null) as Sort | null,
    q: one(query.q) ?? '',
  }
}

/** What of the address belongs to the list; the rest is the open conversation's. */
export function listQueryOf(query: LocationQuery): LocationQueryRaw {
  return Object.fromEntries(OF_THE_LIST.map((name) => [name, query[name]]))
}

const OF_THE_LIST = [
  ...['status', 'inbox', 'team', 'label', 'unread', 'failed', 'draft', 'waiting', 'closing'],
  ...['saved', 'edit', 'sort', 'q', ...MORE],
  // What a search is narrowed by.
  ...['kind', 'side', 'file', 'from', 'to', 'hinbox', 'hagent'],
]

/** As the API takes it. */
export function apiQueryOf(filter: ListFilter) {
  return {
    view: filter.view,
    status: filter.status === 'any' ? undefined : filter.status,
    inbox_id: filter.inboxId ?? undefined,
    team_id: filter.teamId ?? undefined,
    unread: filter.unread || undefined,
    failed: filter.failed || undefined,
    draft: filter.draft || undefined,
    waiting_over: filter.waitingOver ?? undefined,
    closing_within: filter.closingWithin ?? undefined,
    ...labelsOf(filter),
    ...moreQueryOf(filter.more),
    view_id: filter.viewId ?? undefined,
    sort: filter.sort ?? undefined,
    q: filter.q || undefined,
  }
}

/** As a saved view keeps it. */
export function savedFilterOf(filter: ListFilter) {
  const labels = labelsOf(filter)
  const { attribute, ...rest } = moreQueryOf(filter.more)
  return {
    view: filter.view,
    ...(filter.status === 'any' ? {} : { status: filter.status as 'open' | 'snoozed' | 'closed' }),
    ...(filter.inboxId ? { inbox_ids: [filter.inboxId] } : {}),
    ...(filter.teamId ? { team_id: filter.teamId } : {}),
    ...filled({
      labels_any: labels.label,
      labels_all: labels.label_all,
      labels_none: labels.label_none,
      ...rest,
      attributes: attributesOf(attribute),
    }),
    ...(filter.unread ? { unread: true } : {}),
    ...(filter.failed ? { failed: true } : {}),
    ...(filter.draft ? { draft: true } : {}),
    ...(filter.waitingOver ? { waiting_over: filter.waitingOver } : {}),
    ...(filter.closingWithin ? { closing_within: filter.closingWithin } : {}),
  }
}

/** Whether anything but the view and the status narrows the list. */
export function isNarrowed(filter: ListFilter): boolean {
  return Boolean(
    filter.inboxId ||
    filter.teamId ||
    filter.label ||
    filter.unread ||
    filter.failed ||
    filter.draft ||
    filter.waitingOver ||
    filter.closingWithin ||
    Object.values(filter.more).some((value) => value.length),
  )
}

/** The views that are a status of their own show only that. */
function statusOf(view: View): string {
  if (view === 'snoozed' || view === 'closed') return view
  return view === 'mentions' ? 'any' : 'open'
}

const one = (value: unknown): string | null => (typeof value === 'string' && value ? value : null)

function minutes(value: unknown): number | null {
  const n = Number(one(value))
  return Number.isInteger(n) && n > 0 ? n : null
}
