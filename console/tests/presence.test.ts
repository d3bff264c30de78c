import { beforeEach, describe, expect, it } from 'vitest'

import { FORGET_MS, forgetOld, hearPresence, othersIn, type Presence } from '@/shared/live/presence'

const ravi = { id: 'ravi', name: 'Ravi' }
const emma = { id: 'emma', name: 'Emma' }
const said = (tab: string, agent: Presence['agent'], fields: Partial<Presence> = {}): Presence => ({
  tab,
  agent,
  conversation_id: 'c1',
  typing: false,
  ...fields,
})

describe('who else is in a conversation', () => {
  beforeEach(() => forgetOld(Date.now() + 2 * FORGET_MS))

  it('lists each colleague once, writing if any of their tabs is, and never oneself', () => {
    hearPresence(said('1', ravi))
    hearPresence(said('2', ravi, { typing: true }))
    hearPresence(said('3', emma))
    expect(othersIn('c1', 'emma').map(({ agent, typing }) => [agent.id, typing])).toEqual([
      ['ravi', true],
    ])
    expect(othersIn('c2', 'emma')).toEqual([])
  })

  it('forgets who left, who went elsewhere and who says nothing more', () => {
    hearPresence(said('1', ravi), 1000)
    hearPresence(said('2', emma), 1000 + FORGET_MS)
    forgetOld(2000 + FORGET_MS)
    expect(othersIn('c1', undefined).map(({ agent }) => agent.id)).toEqual(['emma'])
    hearPresence(said('2', emma, { conversation_id: 'c2' }))
    expect(othersIn('c1', undefined)).toEqual([])
    hearPresence(said('2', emma, { conversation_id: null }))
    expect(othersIn('c2', undefined)).toEqual([])
  })
})
