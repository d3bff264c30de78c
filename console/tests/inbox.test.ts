import { describe, expect, it } from 'vitest'
import type { LocationQuery } from 'vue-router'

import { shiftOf } from '@/features/inbox/anchor'
import { apiQueryOf, filterOf, listQueryOf, savedFilterOf } from '@/features/inbox/filter'
import { addressOf, moreOf } from '@/features/inbox/more'
import { changedView, editQueryOf, filterOfView } from '@/features/inbox/viewAddress'
import { MOST_SELECTED, useSelection } from '@/features/inbox/selection'
import { belongs, flat, orderOf, placeConversation } from '@/shared/live/reducer'
import { instantOf } from '@/shared/snooze'

import type { SavedView } from '@/api/types'

import { anyList, conversation } from './make'

describe('the address of a list', () => {
  it('says everything that narrows and sorts it', () => {
    const query = {
      ...{ status: 'closed', inbox: 'i', team: 't', label: 'VIP', unread: '1', waiting: '60' },
      ...{ sort: 'waiting', saved: 's', q: 'x', message: 'm' },
    }
    const filter = filterOf({ view: 'all' }, query)
    expect(apiQueryOf(filter)).toMatchObject({
      ...{ view: 'all', status: 'closed', inbox_id: 'i', team_id: 't', label: ['VIP'] },
      ...{ unread: true, waiting_over: 60, sort: 'waiting', view_id: 's' },
    })
    expect(savedFilterOf(filter)).toEqual({
      ...{ view: 'all', status: 'closed', inbox_ids: ['i'], team_id: 't', labels_any: ['VIP'] },
      ...{ unread: true, waiting_over: 60 },
    })
    expect(listQueryOf(query)).not.toHaveProperty('message')
  })

  it.each([
    ['mine', 'open'],
    ['mentions', 'any'],
    ['snoozed', 'snoozed'],
    ['closed', 'closed'],
  ])('knows which conversations %s shows', (view, status) => {
    expect(filterOf({ view }, {}).status).toBe(status)
  })

  it('carries what the sheet of filters asks for, there and back', () => {
    const query = {
      ...{ label: 'VIP', any: ['a', 'b'], all: 'c', none: ['d'], channel: 'x', agent: 'g' },
      ...{ lang: 'ja', since: '2026-05-01', until: '2026-05-31', attr: ['plan:gold', 'visits:3'] },
    }
    const filter = filterOf({ view: 'all' }, query)
    expect(moreOf(addressOf(filter.more) as LocationQuery)).toEqual(filter.more)
    expect(apiQueryOf(filter)).toMatchObject({
      ...{ label: ['a', 'b'], label_all: ['VIP', 'c'], label_none: ['d'], channel: 'x' },
      ...{ assignee_id: 'g', language: 'ja', attribute: ['plan:gold', 'visits:3'] },
      created_from: new Date(instantOf('2026-05-01T00:00', undefined)).toISOString(),
      created_to: new Date(instantOf('2026-06-01T00:00', undefined)).toISOString(),
    })
    expect(savedFilterOf(filter)).toMatchObject({
      ...{ labels_any: ['a', 'b'], labels_all: ['VIP', 'c'], labels_none: ['d'] },
      attributes: { plan: 'gold', visits: 3 },
    })
    expect(listQueryOf(query)).toMatchObject({ any: ['a', 'b'], attr: ['plan:gold', 'visits:3'] })
  })

  it('leaves nonsense out', () => {
    expect(filterOf({ view: 'all' }, { since: 'yesterday' }).more.createdFrom).toBe('')
    expect(filterOf({ view: 'all' }, { waiting: '-5', closing: 'x' })).toMatchObject({
      waitingOver: null,
      closingWithin: null,
    })
  })
})

describe('a saved view', () => {
  const query = {
    ...{ status: 'open', inbox: 'i', team: 't', any: ['VIP', 'new'], none: ['spam'] },
    ...{ unread: '1', failed: '1', draft: '1', waiting: '60', closing: '240', sort: 'closing' },
    ...{ channel: 'x', agent: 'g', lang: 'ja', since: '2026-05-01', until: '2026-05-31' },
    attr: ['plan:gold', 'visits:3', 'vip:true'],
  }
  const shown = filterOf({ view: 'all' }, query)
  const made = (filter: object, sort = 'newest') =>
    ({ id: 'v', name: 'V', shared: false, filter, sort }) as unknown as SavedView

  it('is taken apart into the address and put together again, filter by filter', () => {
    const view = made(savedFilterOf(shown), 'closing')
    const again = filterOf({ view: 'all' }, editQueryOf(view) as LocationQuery)
    expect(again).toEqual(shown)
    expect(changedView(view, again)).toEqual({ filter: view.filter, sort: 'closing' })
    expect(filterOfView(view)).toEqual(shown)
  })

  it('keeps what the console cannot show', () => {
    const view = made({ inbox_ids: ['i', 'j'], contact_id: 'c', q: 'x', unread: true })
    const address = editQueryOf(view) as LocationQuery
    expect(
      changedView(view, filterOf({ view: 'all' }, { ...address, unread: null })).filter,
    ).toEqual({ view: 'all', inbox_ids: ['i', 'j'], contact_id: 'c', q: 'x' })
    const elsewhere = filterOf({ view: 'all' }, { ...address, inbox: 'k' })
    expect(changedView(view, elsewhere).filter.inbox_ids).toEqual(['k'])
  })
})

describe('choosing rows', () => {
  const order = Array.from({ length: 300 }, (_, n) => `c${n}`)

  it('takes one, a range from the last one, and takes one back', () => {
    const { chosen, toggle } = useSelection()
    toggle('c2', order, false)
    toggle('c5', order, true)
    expect([...chosen.value].sort()).toEqual(['c2', 'c3', 'c4', 'c5'])
    toggle('c3', order, false)
    toggle('c1', order, true)
    expect([...chosen.value].sort()).toEqual(['c1', 'c2', 'c3', 'c4', 'c5'])
    toggle('c4', order, false)
    expect(chosen.value.has('c4')).toBe(false)
  })

  it('stops where one bulk action does', () => {
    const { count, toggle, chooseAll, clear } = useSelection()
    toggle('c0', order, false)
    toggle('c299', order, true)
    expect(count.value).toBe(MOST_SELECTED)
    clear()
    chooseAll(order)
    expect(count.value).toBe(MOST_SELECTED)
  })
})

describe('rows that come in above', () => {
  const visible = ['d', 'e', 'f'].map((id, n) => ({ id, index: 3 + n }))

  it('move the rest by as many', () => {
    expect(shiftOf(visible, ['x', 'a', 'b', 'c', 'd', 'e', 'f'])).toBe(1)
    expect(shiftOf(visible, ['c', 'd', 'e', 'f'])).toBe(-2)
    expect(shiftOf(visible, ['a', 'b', 'c', 'd', 'e', 'f'])).toBe(0)
  })

  it('are not led by the one that jumped to the top', () => {
    expect(shiftOf(visible, ['f', 'a', 'b', 'c', 'd', 'e'])).toBe(1)
  })
})

describe('live rows', () => {
  it('stand in the order of the list', () => {
    const rows = [
      { ...conversation(1), waiting_since: '2026-11-22T02:00:00.000Z' },
      { ...conversation(2), waiting_since: null },
      { ...conversation(3), waiting_since: '2026-11-22T01:00:00.000Z' },
      { ...conversation(4), waiting_since: null },
    ]
    const filter = { ...anyList, sort: 'waiting' as const }
    let list = { pages: [{ items: [] as typeof rows, next_cursor: null }], pageParams: [null] }
    for (const row of rows) list = placeConversation(list, row, filter, 'me') as typeof list
    expect(flat(list).map((row) => row.id)).toEqual([3, 1, 4, 2].map((n) => conversation(n).id))
    expect(rows.toSorted(orderOf(filter)).map((row) => row.id)).toEqual(
      flat(list).map((row) => row.id),
    )
  })

  it('come in only where the screen can tell that they belong', () => {
    expect(belongs(conversation(1), { ...anyList, teamId: 't' }, 'me')).toBe(false)
    expect(belongs(conversation(1), { ...anyList, failed: true }, 'me')).toBe(false)
    expect(belongs(conversation(1), { ...anyList, draft: true }, 'me')).toBeNull()
    expect(belongs(conversation(1), { ...anyList, view: 'mentions' }, 'me')).toBeNull()
  })
})
