import { describe, expect, it } from 'vitest'

import { mayFreelyWrite, windowState } from '@/shared/window'

const now = Date.UTC(2026, 10, 22, 12, 0, 0)
const closing = (ms: number, open = true) => ({
  open,
  closes_at: new Date(now + ms).toISOString(),
  allowed: [],
})
const HOUR = 3_600_000

describe('the service window', () => {
  it('counts down in hours, minutes and seconds', () => {
    expect(windowState(closing(23 * HOUR + 50 * 60_000), now)).toMatchObject({
      look: 'open',
      hours: 23,
      minutes: 50,
      seconds: 0,
    })
    expect(windowState(closing(61_500), now)).toMatchObject({ hours: 0, minutes: 1, seconds: 2 })
  })

  it('warns under four hours', () => {
    expect(windowState(closing(4 * HOUR), now).look).toBe('open')
    expect(windowState(closing(4 * HOUR - 1), now).look).toBe('closing')
  })

  it('is closed the moment it ends, whatever an old snapshot says', () => {
    expect(windowState(closing(1), now).look).toBe('closing')
    expect(windowState(closing(0), now).look).toBe('closed')
    expect(mayFreelyWrite(closing(-1, true), now)).toBe(false)
  })

  it('opens again when the clock is put back', () => {
    const window = closing(HOUR)
    expect(mayFreelyWrite(window, now + 2 * HOUR)).toBe(false)
    expect(mayFreelyWrite(window, now)).toBe(true)
  })

  it('knows channels without a window, and windows that never opened', () => {
    expect(windowState({ open: true, closes_at: null, allowed: [] }, now).look).toBe('none')
    expect(windowState({ open: false, closes_at: null, allowed: ['template'] }, now).look).toBe(
      'closed',
    )
  })
})
