import { describe, expect, it } from 'vitest'

import en from 'virtual:words/en'
import ja from 'virtual:words/ja'

interface Tree {
  [key: string]: string | Tree
}

function leaves(tree: Tree, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const here = path ? `${path}.${key}` : key
    if (typeof value === 'string') found.set(here, value)
    else for (const [inner, text] of leaves(value, here)) found.set(inner, text)
  }
  return found
}

/** What comes with a place that is loaded late is held to the same. */
function later(files: Record<string, unknown>): Tree {
  const named = Object.entries(files).map(([path, words]) => [
    path.replace(/^.*\/(\w+)\.json$/u, '$1'),
    words as Tree,
  ])
  return Object.fromEntries(named) as Tree
}
const words = {
  en: {
    ...en,
    ...later(
      import.meta.glob('../src/locales/en/later/*.json', { import: 'default', eager: true }),
    ),
  },
  ja: {
    ...ja,
    ...later(
      import.meta.glob('../src/locales/ja/later/*.json', { import: 'default', eager: true }),
    ),
  },
}
const english = leaves(words.en as unknown as Tree)
const japanese = leaves(words.ja as unknown as Tree)
const sources = import.meta.glob(['../src/**/*.vue', '../src/**/*.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
}) as Record<string, string>
const code = Object.values(sources).join('\n')

const placeholders = (text: string) =>
  [...text.matchAll(/\{(\w+)\}/gu)].map((match) => match[1]).sort()

/** Keys asked for by name, and the beginnings of those put together at run time. */
const asked = [...code.matchAll(/\bte?\(\s*['"`]([\w.]+)['"`]/gu)].map((match) => match[1] ?? '')
const ternary = [
  ...code.matchAll(/\?\s*['"]((?:\w+\.)+\w+)['"]\s*:\s*['"]((?:\w+\.)+\w+)['"]/gu),
].flatMap((match) => [match[1] ?? '', match[2] ?? ''])
const begun = [...code.matchAll(/`([a-zA-Z]+(?:\.[\w]+)*\.)\$\{/gu)].map((match) => match[1] ?? '')

describe('the languages', () => {
  it('have the same keys', () => {
    expect([...japanese.keys()].sort()).toEqual([...english.keys()].sort())
  })

  it('have the same placeholders', () => {
    for (const [key, text] of english) {
      const first = text.split(' | ')[0] ?? ''
      expect(placeholders((japanese.get(key) ?? '').split(' | ')[0] ?? ''), key).toEqual(
        placeholders(first),
      )
    }
  })

  it('have no empty text, and the Japanese is Japanese', () => {
    const latin = new Set([
      'app.name',
      'app.titleWaiting',
      'language.en',
      'list.many',
      'view.countMany',
    ])
    for (const [key, text] of japanese) {
      expect(text.trim(), key).not.toBe('')
      const bare = text.replace(/\{\w+\}/gu, '')
      if (!latin.has(key) && /[a-z]{3}/iu.test(bare))
        expect(bare, key).toMatch(/[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u)
    }
  })
})

describe('the source', () => {
  it('asks for no key that is missing', () => {
    const missing = [...asked, ...ternary].filter(
      (key) => key.includes('.') && !key.endsWith('.') && !english.has(key),
    )
    expect(missing.filter((key) => english.has(key) || looksLikeKey(key))).toEqual([])
  })

  it('begins only keys that exist', () => {
    const outside = ['channelFailure.']
    for (const start of begun) {
      if (!looksLikeKey(start) || outside.includes(start)) continue
      expect(
        [...english.keys()].some((key) => key.startsWith(start)),
        start,
      ).toBe(true)
    }
  })

  it('has no text that nobody asks for', () => {
    const unused = [...english.keys()].filter(
      (key) =>
        !code.includes(`'${key}'`) &&
        !begun.some((start) => key.startsWith(start)) &&
        !key.startsWith('errors.') &&
        !key.startsWith('identity.') &&
        // The service worker reads its words as a file (`sw/sw.ts`).
        !key.startsWith('push.'),
    )
    expect(unused).toEqual([])
  })
})

/** The first word of a key is one of the groups; file names and the like are not. */
function looksLikeKey(text: string): boolean {
  return (text.split('.')[0] ?? '') in words.en
}
