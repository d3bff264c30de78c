import type { LocationQuery } from 'vue-router'

import type { ListFilter, MoreFilter } from '@/shared/query'
import { workspaceZone } from '@/shared/session'
import { instantOf } from '@/shared/snooze'

/** The filters of the sheet, in the address and for the API. */
const NAMES: Record<keyof MoreFilter, string> = {
  channel: 'channel',
  agentId: 'agent',
  language: 'lang',
  closeReason: 'why',
  labelsAny: 'any',
  labelsAll: 'all',
  labelsNone: 'none',
  createdFrom: 'since',
  createdTo: 'until',
  updatedFrom: 'active',
  updatedTo: 'quiet',
  attributes: 'attr',
}
export const MORE = Object.values(NAMES)
const KEYS = Object.keys(NAMES) as (keyof MoreFilter)[]
const MANY = new Set<keyof MoreFilter>(['labelsAny', 'labelsAll', 'labelsNone', 'attributes'])
const DAYS = new Set<keyof MoreFilter>(['createdFrom', 'createdTo', 'updatedFrom', 'updatedTo'])

export function moreOf(query: LocationQuery): MoreFilter {
  const found = KEYS.map((key) => {
    const values = [query[NAMES[key]] ?? []].flat().filter((value): value is string => !!value)
    if (MANY.has(key)) return [key, values]
    const [first = ''] = values
    return [key, DAYS.has(key) && !/^\d{4}-\d{2}-\d{2}$/u.test(first) ? '' : first]
  })
  return Object.fromEntries(found) as MoreFilter
}

/** As the address says it; undefined takes out what is not asked for. */
export function addressOf(more: MoreFilter): Record<string, string | string[] | undefined> {
  return Object.fromEntries(
    KEYS.map((key) => [NAMES[key], more[key].length ? more[key] : undefined]),
  )
}

/** The place's own label and those of the sheet, as three conditions. */
export function labelsOf({ label, more }: ListFilter) {
  const several = more.labelsAny.length > 0
  return {
    label: several ? more.labelsAny : label ? [label] : [],
    label_all: several && label ? [label, ...more.labelsAll] : more.labelsAll,
    label_none: more.labelsNone,
  }
}

export function moreQueryOf(more: MoreFilter) {
  return {
    channel: more.channel || undefined,
    assignee_id: more.agentId || undefined,
    language: more.language || undefined,
    close_reason: more.closeReason || undefined,
    created_from: beginOf(more.createdFrom),
    created_to: endOf(more.createdTo),
    updated_from: beginOf(more.updatedFrom),
    updated_to: endOf(more.updatedTo),
    attribute: more.attributes,
  }
}

/** `["plan:gold"]` → `{ plan: 'gold' }`, numbers and yes or no as such; undefined for none. */
export function attributesOf(given: string[]): Record<string, unknown> | undefined {
  if (given.length === 0) return undefined
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf(':')
      return [each.slice(0, at), plain(each.slice(at + 1))]
    }),
  )
}

function plain(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return text.trim() && Number.isFinite(Number(text)) ? Number(text) : text
}

export function filled<T extends object>(values: T): Partial<T> {
  const told = Object.entries(values).filter(
    ([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0),
  )
  return Object.fromEntries(told) as Partial<T>
}

const beginOf = (day: string) => (day ? iso(instantOf(`${day}T00:00`, workspaceZone())) : undefined)
function endOf(day: string): string | undefined {
  if (!day) return undefined
  const next = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10)
  return beginOf(next)
}
const iso = (at: number) => (Number.isNaN(at) ? undefined : new Date(at).toISOString())
