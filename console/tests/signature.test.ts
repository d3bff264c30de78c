import { describe, expect, it } from 'vitest'

import { signatureOf } from '@/features/conversation/letter/signature'

describe('what stands below a letter', () => {
  it.each([
    ['both', 'Emma', 'Emma\nMinato'],
    [undefined, 'Emma', 'Emma\nMinato'],
    ['both', '', 'Minato'],
    ['inbox', 'Emma', 'Minato'],
    ['agent', 'Emma', 'Emma'],
    ['agent', ' ', 'Minato'],
  ])('%s, of an agent with "%s"', (whose, own, expected) => {
    expect(signatureOf({ signature: 'Minato ', signature_of: whose }, own)).toBe(expected)
  })

  it('is nothing where nobody has one', () => {
    expect(signatureOf({}, '')).toBe('')
  })
})
