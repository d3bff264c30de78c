import { describe, expect, it } from 'vitest'

import type { Conversation, Message } from '@/api/types'
import {
  byActivity,
  flat,
  type Pages,
  placeConversation,
  placeMessage,
} from '@/shared/live/reducer'
import { backOff, Sequence } from '@/shared/live/sequence'
import type { ListFilter } from '@/shared/query'

import { anyList as everything, conversation, id, message, random } from './make'

const ME = 'agent-me'
const filters: ListFilter[] = [
  everything,
  { ...everything, view: 'mine' },
  { ...everything, view: 'unassigned' },
  { ...everything, inboxId: 'inbox-2' },
]

interface Event {
  seq: number
  data: Conversation
}

/** A server in twenty lines: things happen to conversations, each with the next number. */
function happen(
  steps: number,
  next: () => number,
): { events: Event[]; at: Map<string, Conversation>[] } {
  const state = new Map<string, Conversation>()
  const events: Event[] = []
  const at: Map<string, Conversation>[] = [new Map()]
  for (let seq = 1; seq <= steps; seq += 1) {
    const fresh = state.size < 5 || next() < 0.2
    const known = [...state.values()][Math.floor(next() * state.size)]
    const changed = fresh || !known ? conversation(seq) : change(known, seq, next)
    state.set(changed.id, changed)
    events.push({ seq, data: changed })
    at.push(new Map(state))
  }
  return { events, at }
}

function change(known: Conversation, seq: number, next: () => number): Conversation {
  const dice = next()
  if (dice < 0.4) return { ...known, last_activity_id: id(seq) }
  if (dice < 0.6) return { ...known, assignee: { id: ME, name: 'Me' } }
  if (dice < 0.75) return { ...known, assignee: { id: 'other', name: 'Other' } }
  if (dice < 0.9) return { ...known, assignee: null }
  return { ...known, status: known.status === 'open' ? 'closed' : 'open' }
}

function inList(rows: Iterable<Conversation>, filter: ListFilter): Conversation[] {
  return [...rows]
    .filter((row) => row.status === filter.status)
    .filter((row) => filter.view !== 'mine' || row.assignee?.id === ME)
    .filter((row) => filter.view !== 'unassigned' || !row.assignee)
    .filter((row) => !filter.inboxId || row.inbox_id === filter.inboxId)
    .sort(byActivity)
}

function snapshot(
  rows: Map<string, Conversation>,
  filter: ListFilter,
  limit: number,
): Pages<Conversation> {
  const all = inList(rows.values(), filter)
  const items = all.slice(0, limit)
  const more = all.length > limit
  return {
    pages: [{ items, next_cursor: more ? (items.at(-1)?.id ?? null) : null }],
    pageParams: [null],
  }
}

/** A line that repeats, swaps and drops: what the sequence lets through must be every event once, in order. */
function deliver(
  events: Event[],
  from: number,
  next: () => number,
  apply: (event: Event) => void,
): void {
  const sequence = new Sequence(from)
  let cursor = from
  let reconnects = 0
  while (sequence.seen < events.length) {
    const dice = next()
    const jump = dice < 0.2 ? -Math.floor(next() * 4) : dice < 0.3 ? Math.ceil(next() * 3) : 0
    const event = events[Math.max(0, Math.min(events.length - 1, cursor + jump))]
    if (!event) break
    const verdict = sequence.judge(event.seq)
    if (verdict === 'apply') apply(event)
    if (verdict === 'gap') reconnects += 1
    // After a gap the socket is opened again with `since` = what was seen.
    cursor = sequence.seen
  }
  expect(reconnects).toBeGreaterThanOrEqual(0)
}

describe('snapshot + events = fresh snapshot', () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    it(`for lists, seed ${seed}`, () => {
      const next = random(seed)
      const { events, at } = happen(120, next)
      const from = Math.floor(next() * 100)
      const limit = 1 + Math.floor(next() * 30)
      for (const filter of filters) {
        let data = snapshot(at[from] ?? new Map(), filter, limit)
        deliver(events, from, next, (event) => {
          data = placeConversation(data, event.data, filter, ME)
        })
        const fresh = inList((at.at(-1) ?? new Map()).values(), filter)
        const mine = flat(data)
        expect(mine).toEqual(fresh.slice(0, mine.length))
        if (data.pages.at(-1)?.next_cursor === null) expect(mine).toEqual(fresh)
      }
    })
  }

  it('for a thread, whatever the order of receipts for different messages', () => {
    const next = random(7)
    const all = Array.from({ length: 80 }, (_, n) => message(n + 1))
    let data: Pages<Message> = {
      pages: [{ items: all.slice(0, 30).reverse(), next_cursor: null }],
      pageParams: [null],
    }
    const arrivals = all.slice(20).flatMap((one) => [one, { ...one, status: 'read' as const }])
    const shuffled = arrivals.map((value) => ({ value, key: next() })).sort((a, b) => a.key - b.key)
    for (const { value } of shuffled) data = placeMessage(data, value)
    for (const one of all) data = placeMessage(data, { ...one, status: 'read' })
    expect(flat(data).map((one) => one.id)).toEqual(all.map((one) => one.id).reverse())
    expect(flat(data).every((one) => one.status === 'read')).toBe(true)
  })
})

describe('placing', () => {
  const pages = (items: Message[], cursor: string | null = null): Pages<Message> => ({
    pages: [{ items, next_cursor: cursor }],
    pageParams: [null],
  })

  it('changes nothing but its own page', () => {
    const data: Pages<Message> = {
      pages: [
        { items: [message(4), message(3)], next_cursor: 'c' },
        { items: [message(2), message(1)], next_cursor: null },
      ],
      pageParams: [null, 'c'],
    }
    const after = placeMessage(data, { ...message(4), status: 'read' })
    expect(after.pages[1]).toBe(data.pages[1])
    expect(after.pages[0]?.items[0]?.status).toBe('read')
  })

  it('leaves what is beyond the loaded part to its page', () => {
    const data = pages([message(9), message(8)], 'more')
    expect(placeMessage(data, message(3))).toBe(data)
    expect(flat(placeMessage(pages([message(9)]), message(3)))).toHaveLength(2)
  })

  it('does not let our own answer overwrite what an event told', () => {
    const data = pages([{ ...message(5), status: 'delivered' }])
    const after = placeMessage(data, { ...message(5), status: 'queued' }, true)
    expect(flat(after)[0]?.status).toBe('delivered')
  })

  it('keeps a search to what the server found', () => {
    const filter = { ...everything, q: 'sato' }
    const list: Pages<Conversation> = {
      pages: [{ items: [conversation(1)], next_cursor: null }],
      pageParams: [null],
    }
    expect(placeConversation(list, conversation(2), filter, ME)).toBe(list)
    const renamed = { ...conversation(1), unread: 4 }
    expect(flat(placeConversation(list, renamed, filter, ME))[0]?.unread).toBe(4)
  })
})

describe('sequence', () => {
  it('skips what was seen and stops at a gap', () => {
    const sequence = new Sequence(10)
    expect([10, 11, 11, 13, 12, 13].map((seq) => sequence.judge(seq))).toEqual([
      'skip',
      'apply',
      'skip',
      'gap',
      'apply',
      'apply',
    ])
  })

  it('waits longer after each failure, within bounds', () => {
    expect(backOff(0, () => 0)).toBe(250)
    expect(backOff(0, () => 1)).toBe(500)
    expect(backOff(30, () => 1)).toBe(15_000)
  })
})
