import { describe, expect, it } from 'vitest'

import { EMOJI, findEmoji } from '@/features/conversation/emoji'

describe('emoji', () => {
  it('are found in English and Japanese, however the kana are written', () => {
    expect(findEmoji('thank')).toEqual(['🙏'])
    expect(findEmoji('ありがとう')).toEqual(['🙏'])
    expect(findEmoji('けーき')).toEqual(findEmoji('ケーキ'))
    expect(findEmoji('ｹｰｷ')).toContain('🎂')
    expect(findEmoji('PHONE')[0]).toBe('📞')
    expect(findEmoji('zzz')).toEqual([])
  })

  it('stand once each, with words in both languages', () => {
    const all = EMOJI.flatMap(([, list]) => list)
    expect(new Set(all.map(({ sign }) => sign)).size).toBe(all.length)
    for (const { sign, words } of all) {
      expect(words, sign).toMatch(/[a-z]/u)
      expect(words, sign).toMatch(/[\p{Script=Hiragana}\p{Script=Han}]/u)
    }
  })
})
