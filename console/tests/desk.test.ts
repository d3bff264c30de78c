import { describe, expect, it } from 'vitest'

import {
  matchAgents,
  matchReplies,
  mentionParts,
  mentionsIn,
  triggerAt,
} from '@/features/conversation/suggest'
import { instantOf, localInput, snoozeTimes } from '@/shared/snooze'
import { byCategory } from '@/shared/labels/labels'
import { fillIn, firstName, valuesOf } from '@/shared/quickReplies/fill'
import { belongs } from '@/shared/live/reducer'

import { anyList, conversation } from './make'

describe('what is being typed', () => {
  it('begins at a sign after a blank or at the beginning', () => {
    expect(triggerAt('/ho', 3, '/')).toEqual({ sign: '/', from: 0, query: 'ho' })
    expect(triggerAt('hello /', 7, '/')).toEqual({ sign: '/', from: 6, query: '' })
    expect(triggerAt('一行目\n／営業', 7, '/')).toEqual({ sign: '/', from: 4, query: '営業' })
    expect(triggerAt('@Em', 3, '@')?.query).toBe('Em')
  })

  it('is nothing in an address, a date, after a blank, or for a sign that means nothing here', () => {
    expect(triggerAt('https://a', 9, '/')).toBeNull()
    expect(triggerAt('10/4', 4, '/')).toBeNull()
    expect(triggerAt('a@b', 3, '@')).toBeNull()
    expect(triggerAt('/ho me', 6, '/')).toBeNull()
    expect(triggerAt('@Em', 3, '/')).toBeNull()
    expect(triggerAt('', 0, '/')).toBeNull()
  })
})

describe('quick replies', () => {
  const reply = (shortcut: string, usage = 0, text = '', folder = '') => ({
    shortcut,
    usage,
    text,
    folder,
  })

  it('are found by shortcut first, then by use, then by their words', () => {
    const all = [
      reply('bye', 9, 'our hours'),
      reply('hours', 1),
      reply('hours2', 5),
      reply('x', 99),
    ]
    expect(matchReplies(all, 'Ｈours').map((each) => each.shortcut)).toEqual([
      'hours2',
      'hours',
      'bye',
    ])
  })

  it('are filled in; what nobody knows stays to be seen', () => {
    const facts = { contact: '佐藤 花子', agent: 'Emma', business: 'Minato' }
    expect(fillIn('{{contact.name}}様 {{ agent.name }} {{business.name}}', valuesOf(facts))).toBe(
      '佐藤 花子様 Emma Minato',
    )
    expect(fillIn('{{contact.first_name}} {{order.id}}', valuesOf(facts))).toBe('花子 {{order.id}}')
    expect(fillIn('{{contact.name}}', valuesOf({ ...facts, contact: '$& {{agent.name}}' }))).toBe(
      '$& {{agent.name}}',
    )
  })

  it('know where the first name stands', () => {
    expect(firstName('Maria da Silva')).toBe('Maria')
    expect(firstName('佐々木　健')).toBe('健')
    expect(firstName('priya.n')).toBe('priya.n')
    expect(firstName('')).toBe('')
  })
})

describe('mentions', () => {
  const agents = [
    { id: '1', name: 'Aoi' },
    { id: '2', name: 'Aoi Tanaka' },
    { id: '3', name: 'Ken' },
  ]

  it('are the names that stand in the text, the longest first', () => {
    expect(mentionsIn('@Aoi Tanaka please, ken@shop.example', agents)).toEqual(['2'])
    expect(mentionsIn('＠Ken and @Aoi', agents)).toEqual(['1', '3'])
    expect(mentionsIn('nobody', agents)).toEqual([])
  })

  it('are marked in the text, whatever stands in a name', () => {
    expect(mentionParts('ask @A.B (x) now', [{ name: 'A.B (x)' }])).toEqual([
      { text: 'ask ', mention: false },
      { text: '@A.B (x)', mention: true },
      { text: ' now', mention: false },
    ])
    expect(mentionParts('plain', [])).toEqual([{ text: 'plain', mention: false }])
  })

  it('offers names by their beginning first', () => {
    expect(matchAgents(agents, 'tan').map((each) => each.id)).toEqual(['2'])
    expect(matchAgents(agents, 'k')[0]?.id).toBe('3')
  })
})

describe('labels', () => {
  it('stand under their categories in their order', () => {
    const labels = ['', 'a', '', 'b', 'a'].map((category, n) => ({ category, n }))
    expect(byCategory(labels).map((group) => [group.category, group.labels.length])).toEqual([
      ['', 2],
      ['a', 2],
      ['b', 1],
    ])
  })

  it('decide which list a conversation is in', () => {
    const filter = { ...anyList, label: 'VIP' }
    expect(belongs({ ...conversation(1), labels: ['VIP'] }, filter, 'me')).toBe(true)
    expect(belongs(conversation(1), filter, 'me')).toBe(false)
  })
})

describe('snoozing', () => {
  const iso = (at: number) => new Date(at).toISOString()

  it('offers later today, tomorrow morning and Monday, on the business’s clock', () => {
    // Sunday 23:10 in Tokyo.
    const times = snoozeTimes(Date.parse('2026-11-22T14:10:00Z'), 'Asia/Tokyo')
    expect(times.map((each) => [each.name, iso(each.at)])).toEqual([
      ['later', '2026-11-22T17:15:00.000Z'],
      ['tomorrow', '2026-11-23T00:00:00.000Z'],
      ['nextWeek', '2026-11-23T00:00:00.000Z'],
    ])
    const monday = snoozeTimes(Date.parse('2026-11-23T03:00:00Z'), 'Asia/Tokyo')
    expect(iso(monday[2]?.at ?? 0)).toBe('2026-11-30T00:00:00.000Z')
  })

  it('knows that the clocks change', () => {
    expect(iso(instantOf('2026-11-01T09:00', 'America/New_York'))).toBe('2026-11-01T14:00:00.000Z')
    expect(iso(instantOf('2026-10-31T09:00', 'America/New_York'))).toBe('2026-10-31T13:00:00.000Z')
    expect(iso(instantOf('2026-03-08T03:30', 'America/New_York'))).toBe('2026-03-08T07:30:00.000Z')
    expect(localInput(Date.parse('2026-03-08T07:30:00Z'), 'America/New_York')).toBe(
      '2026-03-08T03:30',
    )
    expect(instantOf('nonsense', 'Asia/Tokyo')).toBeNaN()
  })
})
