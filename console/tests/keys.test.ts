import { afterEach, describe, expect, it } from 'vitest'
import { effectScope } from 'vue'

import { act, canDo, useActions } from '@/shared/keys/actions'
import { best, fold, score } from '@/shared/keys/fuzzy'
import { KeyReader, SHORTCUTS, singleKeys } from '@/shared/keys/shortcuts'

function press(reader: KeyReader, key: string, more: KeyboardEventInit = {}, on?: HTMLElement) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, ...more })
  Object.defineProperty(event, 'target', { value: on ?? document.body })
  return reader.read(event)
}

afterEach(() => {
  singleKeys.value = true
  document.body.innerHTML = ''
})

describe('shortcuts', () => {
  it('are one action each', () => {
    const all = SHORTCUTS.map((each) => each.keys as string)
    expect(new Set(all).size).toBe(all.length)
    const firsts = all.filter((each) => each.includes(' ')).map((each) => each[0])
    expect(all.filter((each) => firsts.includes(each))).toEqual([])
  })

  it('are single keys, sequences and Ctrl-K', () => {
    const reader = new KeyReader()
    expect(press(reader, 'c')).toBe('claim')
    expect(press(reader, 'g')).toBeNull()
    expect(press(reader, 'm')).toBe('goMine')
    expect(press(reader, '?', { shiftKey: true })).toBe('help')
    expect(press(reader, 'k', { ctrlKey: true })).toBe('palette')
  })

  it('never fire while typing, composing, or in a dialog', () => {
    const reader = new KeyReader()
    for (const tag of ['input', 'textarea', 'select'])
      expect(press(reader, 'e', {}, document.createElement(tag))).toBeNull()
    expect(press(reader, 'e', { isComposing: true })).toBeNull()
    expect(press(reader, 'e', { repeat: true })).toBeNull()
    document.body.innerHTML = '<div role="dialog"></div>'
    expect(press(reader, 'e')).toBeNull()
    expect(press(reader, 'k', { ctrlKey: true }, document.createElement('input'))).toBe('palette')
  })

  it('can be turned off, all but those with Ctrl', () => {
    singleKeys.value = false
    const reader = new KeyReader()
    expect(press(reader, 'c')).toBeNull()
    expect(press(reader, 'k', { ctrlKey: true })).toBe('palette')
  })

  it('ask the newest place, and the one before when it is gone', () => {
    const done: string[] = []
    const [outer, inner] = [effectScope(), effectScope()]
    outer.run(() => useActions({ reply: () => done.push('outer') }))
    inner.run(() => useActions({ reply: () => done.push('inner') }))
    act('reply')
    inner.stop()
    act('reply')
    outer.stop()
    expect(done).toEqual(['inner', 'outer'])
    expect([act('reply'), canDo('reply')]).toEqual([false, false])
  })
})

describe('finding', () => {
  it('takes kana, width and case for the same', () => {
    expect(fold('ラベルＡ')).toBe('らべるa')
    expect(score('らべる', 'ラベル')).toBeGreaterThan(0)
    expect(score('ﾗﾍﾞﾙ', 'ラベル')).toBeGreaterThan(0)
  })

  it('wants every word', () => {
    expect(score('go mine', 'Go to Mine')).toBeGreaterThan(0)
    expect(score('go yours', 'Go to Mine')).toBe(0)
    expect(score('担当', '自分の担当へ移動')).toBeGreaterThan(0)
  })

  it('puts beginnings before middles before scattered letters', () => {
    const found = best('cla', ['Cool and large', 'Declare', 'Claim'], (each) => each)
    expect(found).toEqual(['Claim', 'Declare', 'Cool and large'])
    expect(best('xyz', ['Claim'], (each) => each)).toEqual([])
    expect(best(' ', ['b', 'a'], (each) => each)).toEqual(['b', 'a'])
  })
})
