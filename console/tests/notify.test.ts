import { describe, expect, it } from 'vitest'

import type { Message, NotificationSettings } from '@/api/types'
import { browserName, bytesOf } from '@/shared/notify/device'
import { isQuiet, isWanted, kindOf } from '@/shared/notify/rules'

import { keepsPage, notificationOf, type Pushed, shellPaths } from '../sw/rules'

const ME = 'emma'
const message = (more: object = {}) =>
  ({ direction: 'in', type: 'text', author: { id: null }, data: {}, ...more }) as unknown as Message
const settings = (more: Partial<NotificationSettings> = {}): NotificationSettings => ({
  kinds: ['assigned', 'unassigned', 'mention', 'asked'],
  inbox_ids: [],
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  quiet: null,
  time_zone: null,
  sound: true,
  desktop: true,
  phone: true,
  show_text: false,
  ...more,
})
const of = (id: string | null) => ({ assignee: id ? { id, name: id } : null }) as never

describe('what a message is to an agent', () => {
  it('follows the server', () => {
    expect(kindOf(message(), of(ME), ME)).toBe('assigned')
    expect(kindOf(message(), of(null), ME)).toBe('unassigned')
    expect(kindOf(message(), of('ken'), ME)).toBe('all')
    expect(kindOf(message({ direction: 'out' }), of(ME), ME)).toBeNull()
    expect(kindOf(message({ author: { id: ME } }), of(ME), ME)).toBeNull()
    const note = message({ type: 'note', direction: 'out', data: { mentions: [{ id: ME }] } })
    expect(kindOf(note, of('ken'), ME)).toBe('mention')
    const asked = message({
      type: 'system',
      data: { system: { kind: 'asked', agent: { id: ME } } },
    })
    expect(kindOf(asked, of(ME), ME)).toBe('asked')
    expect(kindOf(asked, of(ME), 'ken')).toBeNull()
  })

  it('is wanted by kind and inbox', () => {
    expect(isWanted('all', message(), 'shop', settings())).toBe(false)
    expect(isWanted('all', message(), 'shop', settings({ kinds: ['all'] }))).toBe(true)
    expect(isWanted('unassigned', message(), 'line', settings({ inbox_ids: ['shop'] }))).toBe(false)
  })

  it('waits while it is quiet, on the clock of the agent', () => {
    const noonInTokyo = Date.parse('2026-11-23T03:00:00Z')
    const lunch = settings({ quiet: { since: '12:00', until: '13:00' } })
    expect(isQuiet(lunch, 'Asia/Tokyo', noonInTokyo)).toBe(true)
    expect(isQuiet(lunch, 'UTC', noonInTokyo)).toBe(false)
    expect(isQuiet({ ...lunch, time_zone: 'UTC' }, 'Asia/Tokyo', noonInTokyo)).toBe(false)
    const night = settings({ quiet: { since: '22:00', until: '07:00' } })
    expect(isQuiet(night, 'UTC', noonInTokyo)).toBe(true)
    expect(isQuiet(settings({ weekdays: [7] }), 'UTC', noonInTokyo)).toBe(true)
  })
})

describe('the service worker', () => {
  const pushed: Pushed = {
    kind: 'assigned',
    conversation_id: 'c1',
    name: null,
    text: null,
    lang: 'en',
  }
  const words = {
    nameless: 'A customer',
    assigned: 'New',
    unassigned: '',
    mention: '',
    asked: '',
    all: '',
  }

  it('says no more than it was given', () => {
    expect(notificationOf(pushed, words)).toMatchObject({
      title: 'A customer',
      options: { body: 'New', tag: 'c1', data: { path: '/inbox/all/c1' } },
    })
    expect(notificationOf({ ...pushed, text: 'hi' }, words).options.body).toBe('hi')
  })

  it('keeps the shell and nothing of the API', () => {
    expect(keepsPage('/inbox/mine')).toBe(true)
    for (const path of ['/api/v1/me', '/api/docs', '/webhooks/x', '/metrics', '/healthz'])
      expect(keepsPage(path), path).toBe(false)
    expect(shellPaths(['assets/a.js'])).toContain('/assets/a.js')
  })
})

describe('a device', () => {
  it('has a name one knows it by', () => {
    expect(browserName('Mozilla/5.0 (Windows NT 10.0) Chrome/140 Safari/537.36')).toBe(
      'Chrome · Windows',
    )
    expect(browserName('strange')).toBe('')
  })
  it('reads the key of the server', () => {
    expect([...bytesOf('AQID_-8')]).toEqual([1, 2, 3, 255, 239])
  })
})
