import { describe, expect, it } from 'vitest'

import type { Overview, Webhook } from '@/api/account'
import { isDone, type Known, nextStep, stepsFor } from '@/features/settings/connect/steps'

const overview = (fields: Partial<Overview> = {}): Overview => ({
  parts: [],
  facts: {},
  troubles: [],
  checked_at: null,
  last_event_at: null,
  pin_kept: false,
  pin_locked_until: null,
  asked_for: {},
  ...fields,
})
const subscribed = (here: boolean, url: string | null) =>
  ({ subscriptions: [{ app_id: '1', name: 'App', url, here }] }) as unknown as Webhook
const known = (fields: Partial<Known> = {}): Known => ({
  parts: ['webhook', 'registration', 'profile', 'coexistence'],
  overview: overview(),
  webhook: null,
  hasProfile: false,
  tested: false,
  ...fields,
})
const checked = { checked_at: '2026-11-23T00:00:00Z' }

describe('connecting an account', () => {
  it('asks for what the channel has, and no more', () => {
    expect(stepsFor(known())).toEqual(['account', 'webhook', 'number', 'profile', 'test'])
    expect(stepsFor(known({ parts: [] }))).toEqual(['account', 'test'])
  })

  it('fetches the archive of a number that stays in the app, and does not register it', () => {
    const shared = known({ overview: overview({ facts: { coexistence: true } }) })
    expect(stepsFor(shared)).toEqual(['account', 'webhook', 'archive', 'profile', 'test'])
    const asked = overview({ asked_for: { contacts: 'a' }, facts: { coexistence: true } })
    expect(isDone('archive', known({ overview: asked }))).toBe(false)
    asked.asked_for.history = 'b'
    expect(isDone('archive', known({ overview: asked }))).toBe(true)
  })

  it('goes on where it was left', () => {
    const answered = overview({ ...checked, facts: { display_number: '+81' } })
    expect(nextStep(known())).toBe('account')
    expect(nextStep(known({ overview: overview(checked) }))).toBe('account')
    expect(nextStep(known({ overview: answered }))).toBe('webhook')
    const elsewhere = { overview: answered, webhook: subscribed(false, 'https://x') }
    expect(nextStep(known(elsewhere))).toBe('webhook')
    const heard = { overview: answered, webhook: subscribed(true, 'https://here') }
    expect(nextStep(known(heard))).toBe('number')
    const registered = { ...heard, overview: { ...answered, pin_kept: true } }
    expect(nextStep(known({ ...registered, hasProfile: true }))).toBe('test')
  })
})
