const PREFIX = 100
const WORD = 80
const INSIDE = 60
const SCATTERED = 20

/** One writing for what people take for the same: full and half width, case, katakana and hiragana. */
export function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/gu, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60))
}

/** How well the words of `query` are found in `text`; 0 when one of them is not. */
export function score(query: string, text: string): number {
  const terms = fold(query).split(/\s+/u).filter(Boolean)
  const folded = fold(text)
  const each = terms.map((term) => scoreTerm(term, folded))
  if (each.some((one) => one === 0)) return 0
  return each.reduce((sum, one) => sum + one, 1)
}

function scoreTerm(term: string, text: string): number {
  const at = text.indexOf(term)
  if (at === 0) return PREFIX
  if (at > 0) return /[\s\p{P}]/u.test(text[at - 1] ?? '') ? WORD : INSIDE
  return scattered(term, text)
}

/** Letters in their order with gaps, as "asgn" for "assign", within one stretch that is not too long. */
function scattered(term: string, text: string): number {
  if (term.length < 3) return 0
  let from = text.indexOf(term[0] ?? '')
  const start = from
  for (const letter of term.slice(1)) {
    if (from < 0) return 0
    from = text.indexOf(letter, from + 1)
  }
  if (from < 0) return 0
  const stretch = from - start + 1
  return stretch > term.length * 3 ? 0 : (SCATTERED * term.length) / stretch
}

/** The best first; what does not match is left out. */
export function best<T>(query: string, items: T[], textOf: (item: T) => string, most = 50): T[] {
  if (!query.trim()) return items.slice(0, most)
  return items
    .map((item, order) => ({ item, order, points: score(query, textOf(item)) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points || a.order - b.order)
    .slice(0, most)
    .map(({ item }) => item)
}
