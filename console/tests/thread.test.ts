import { describe, expect, it } from 'vitest'

import { firstUnread, threadRows } from '@/features/conversation/grouping'
import { enterMeaning } from '@/features/conversation/ime'
import { fileType, messagesFor } from '@/shared/files/attach'
import { composerMode } from '@/features/conversation/rights'
import { linkParts } from '@/shared/links'
import { type Pending, withoutEcho } from '@/shared/outbox'
import { passedSteps, tickOf } from '@/shared/ticks'

import { conversation, message } from './make'

const utcDay = (at: number) => new Date(at).toISOString().slice(0, 10)
const rowsOf = (messages: Parameters<typeof threadRows>[0], firstNewId: string | null = null) =>
  threadRows(messages, { dayOf: utcDay, firstNewId })

describe('writing to somebody who is blocked', () => {
  it('is not possible, whoever has the conversation', () => {
    const agent = { id: 'a', role: 'owner' } as Parameters<typeof composerMode>[1]
    const mine = { ...conversation(1), assignee: { id: 'a', name: 'Aoi' } }
    expect(composerMode(mine, agent, true).kind).toBe('write')
    expect(composerMode(mine, agent, true, true).kind).toBe('blocked')
    expect(composerMode(conversation(1), agent, true, true).kind).toBe('blocked')
  })
})

describe('the key that sends', () => {
  const key = { key: 'Enter', keyCode: 13, isComposing: false, shiftKey: false, altKey: false }
  const plain = { ...key, ctrlKey: false, metaKey: false }

  it('is the one the agent chose, and Enter of an input method never', () => {
    expect(enterMeaning(plain, false, 'enter')).toBe('send')
    expect(enterMeaning(plain, false, 'ctrl_enter')).toBe('line')
    expect(enterMeaning({ ...plain, ctrlKey: true }, false, 'ctrl_enter')).toBe('send')
    expect(enterMeaning({ ...plain, ctrlKey: true, isComposing: true }, false, 'ctrl_enter')).toBe(
      'other',
    )
  })
})

describe('grouping', () => {
  it('joins bubbles of one author within three minutes', () => {
    const rows = rowsOf([
      message(1),
      message(100),
      message(400),
      message(410, { direction: 'out', author: { kind: 'agent', id: 'a', name: 'A' } }),
    ])
    const shape = rows.map((row) => (row.kind === 'message' ? [row.first, row.last] : row.kind))
    expect(shape).toEqual(['day', [true, false], [false, true], [true, true], [true, true]])
  })

  it('never joins system lines, notes or the bubble after a failed one', () => {
    const out = { direction: 'out', author: { kind: 'agent', id: 'a', name: 'A' } } as const
    const rows = rowsOf([
      message(1, { ...out, status: 'failed' }),
      message(2, out),
      message(3, { ...out, type: 'system' }),
      message(4, out),
    ]).filter((row) => row.kind === 'message')
    expect(rows.map((row) => row.kind === 'message' && row.first)).toEqual([true, true, true, true])
  })

  it('puts a line before each day and before what is new, with keys that are never twice', () => {
    const day = 86_400
    const rows = rowsOf([message(1), message(day), message(2), message(day + 1)], message(day).id)
    expect(rows.filter((row) => row.kind === 'day')).toHaveLength(4)
    expect(rows.findIndex((row) => row.kind === 'new')).toBe(3)
    expect(new Set(rows.map((row) => row.key)).size).toBe(rows.length)
  })

  it('finds the oldest unread customer message', () => {
    const newest = [
      message(9),
      message(8, { direction: 'out' }),
      message(7),
      message(6, { type: 'system' }),
      message(5),
    ]
    expect(firstUnread(newest, 2)).toBe(message(7).id)
    expect(firstUnread(newest, 0)).toBeNull()
    expect(firstUnread(newest, 50)).toBe(message(5).id)
  })
})

describe('Enter', () => {
  const press = (fields: object, touch = false) =>
    enterMeaning(
      {
        key: 'Enter',
        keyCode: 13,
        isComposing: false,
        shiftKey: false,
        altKey: false,
        ctrlKey: false,
        metaKey: false,
        ...fields,
      },
      touch,
    )

  it('sends, and with Shift makes a line', () => {
    expect(press({})).toBe('send')
    expect(press({ shiftKey: true })).toBe('line')
    expect(press({ key: 'a' })).toBe('other')
  })

  it('never sends while an input method is at work', () => {
    expect(press({ isComposing: true })).toBe('other')
    expect(press({ isComposing: true, ctrlKey: true })).toBe('other')
    // Safari ends the composition before the key that confirmed it arrives.
    expect(press({ keyCode: 229 })).toBe('other')
    expect(press({ keyCode: 229, metaKey: true })).toBe('other')
  })

  it('makes a line on a phone, where the button sends', () => {
    expect(press({}, true)).toBe('line')
    expect(press({ ctrlKey: true }, true)).toBe('send')
  })
})

describe('ticks', () => {
  it('go clock, one, two, two in accent; red when failed', () => {
    const marks = (
      ['queued', 'sending', 'sent', 'delivered', 'read', 'failed', 'uncertain'] as const
    ).map((status) => tickOf('out', status))
    expect(marks).toEqual(['clock', 'clock', 'one', 'two', 'two-accent', 'failed', 'question'])
    expect(tickOf('in', 'received')).toBe('none')
  })

  it('list the steps with their times', () => {
    const sent = message(1, { direction: 'out', sent_at: 'x', delivered_at: 'y' })
    expect(passedSteps(sent).map((step) => step.step)).toEqual(['written', 'sent', 'delivered'])
  })
})

describe('links', () => {
  it('are found, and the sentence keeps its punctuation', () => {
    expect(linkParts('See https://a.example/x?y=1. Thanks')).toEqual([
      { text: 'See ', href: null },
      { text: 'https://a.example/x?y=1', href: 'https://a.example/x?y=1' },
      { text: '. Thanks', href: null },
    ])
    expect(linkParts('（https://a.example/日本）です')[1]?.text).toBe('https://a.example/日本')
    expect(linkParts('https://a.example/(x)')[0]?.text).toBe('https://a.example/(x)')
    expect(linkParts('mail a@b.example')[1]?.href).toBe('mailto:a@b.example')
    expect(linkParts('www.a.example')[0]?.href).toBe('https://www.a.example/')
  })

  it('are never anything but web and mail', () => {
    for (const text of [
      'javascript:alert(1)',
      'data:text/html,x',
      '<img src=x onerror=alert(1)>',
      '',
    ])
      expect(linkParts(text)).toEqual([{ text, href: null }])
  })

  it('lose no character', () => {
    const text = 'a https://x.example, b www.y.example) c d@e.example!'
    expect(
      linkParts(text)
        .map((part) => part.text)
        .join(''),
    ).toBe(text)
  })
})

describe('the outbox and its echo', () => {
  const mine: Pending = {
    key: 'k1',
    agentId: 'me',
    order: 1,
    conversationId: 'conversation-1',
    body: { type: 'text', text: 'Hello' },
    at: '2026-11-22T03:00:00Z',
    afterId: message(5).id,
    state: 'sending',
  }
  const echo = message(6, {
    direction: 'out',
    text: 'Hello',
    author: { kind: 'agent', id: 'me', name: 'Me' },
  })

  it('hides a pending bubble whose message is already there', () => {
    expect(withoutEcho([mine], [echo], 'me')).toEqual([])
  })

  it('takes each message for one bubble only', () => {
    const twin = { ...mine, key: 'k2' }
    expect(withoutEcho([mine, twin], [echo], 'me')).toEqual([twin])
  })

  it('is not fooled by older, other or foreign messages, nor hides what failed', () => {
    expect(withoutEcho([mine], [{ ...echo, id: message(4).id }], 'me')).toHaveLength(1)
    expect(withoutEcho([mine], [{ ...echo, text: 'Bye' }], 'me')).toHaveLength(1)
    expect(withoutEcho([mine], [echo], 'someone-else')).toHaveLength(1)
    expect(withoutEcho([{ ...mine, state: 'unsent' }], [echo], 'me')).toHaveLength(1)
  })
})

describe('files', () => {
  it('travel as what messengers show, else as documents', () => {
    expect(fileType('image/png')).toBe('image')
    expect(fileType('image/webp')).toBe('document')
    expect(fileType('audio/ogg; codecs=opus')).toBe('audio')
    expect(fileType('')).toBe('document')
  })

  it('carry the words on the first that can', () => {
    const audio = { mediaId: 'a', type: 'audio' } as const
    const image = { mediaId: 'i', type: 'image' } as const
    expect(messagesFor(' hi ', [audio, image])).toEqual([
      { type: 'audio', media_id: 'a' },
      { type: 'image', media_id: 'i', caption: 'hi' },
    ])
    expect(messagesFor('hi', [audio]).at(-1)).toEqual({ type: 'text', text: 'hi' })
    expect(messagesFor('', [])).toEqual([])
  })
})

describe('the composer', () => {
  const agent = {
    id: 'me',
    name: 'Me',
    email: '',
    role: 'agent',
    locale: null,
    status: 'active',
    availability: 'available',
    created_at: '',
    updated_at: '',
  } as const
  const owned = (by: string | null) => ({
    ...conversation(1),
    assignee: by ? { id: by, name: 'Ken' } : null,
  })

  it('is open to the assignee only, while the window is', () => {
    expect(composerMode(owned(null), agent, true).kind).toBe('claim')
    expect(composerMode(owned('me'), agent, true).kind).toBe('write')
    expect(composerMode(owned('me'), agent, false).kind).toBe('window')
  })

  it('says who has it, and lets supervisors take over', () => {
    expect(composerMode(owned('ken'), agent, true)).toEqual({
      kind: 'locked',
      name: 'Ken',
      mayTakeOver: false,
    })
    expect(composerMode(owned('ken'), { ...agent, role: 'supervisor' }, true)).toMatchObject({
      mayTakeOver: true,
    })
  })
})
