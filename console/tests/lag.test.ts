import { describe, expect, it } from 'vitest'

import { lagInWords } from '@/features/settings/lag'

describe('how long something waits', () => {
  it.each([
    [0.2, '1 second'],
    [59, '59 seconds'],
    [61, '1 minute'],
    [7_300, '2 hours'],
    [200_000, '2 days'],
  ])('%d seconds are %s', (seconds, words) => {
    expect(lagInWords(seconds, 'en')).toBe(words)
  })

  it('speaks Japanese', () => {
    expect(lagInWords(180, 'ja')).toBe('3分')
  })
})
