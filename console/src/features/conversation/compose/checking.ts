import { t } from '@/shared/i18n'

import { type Filled, idsOf, type Kind, type Limits, type Part } from './kinds'

const length = (text: string) => [...text].length

/** Field → what is wrong with it, by the channel's own limits; lines are `rows.0.title`. */
export function mistakes(kind: Kind, filled: Filled, limits: Limits): Record<string, string> {
  const found: Record<string, string> = {}
  const note = (field: string, words: string) => words && (found[field] ??= words)
  for (const part of kind.parts)
    note(part.key, wrong(part, (filled.values[part.key] ?? '').trim(), limits))
  if (kind.rows) {
    const titles = filled.rows.map(({ title }) => title.trim())
    filled.rows.forEach((row, index) => {
      const at = `rows.${String(index)}`
      note(`${at}.title`, text(row.title.trim(), limits.title, true))
      note(`${at}.description`, text(row.description.trim(), limits.description, false))
      if (titles.indexOf(row.title.trim()) < index) note(`${at}.title`, t('compose.twice'))
    })
  }
  return found
}

function wrong(part: Part, value: string, limits: Limits): string {
  const limit = part.most ?? (part.limit ? limits[part.limit] : undefined)
  if (value === '') return part.required ? t('compose.required') : ''
  if (part.shape === 'number') {
    const number = Number(value)
    return Number.isFinite(number) && Math.abs(number) <= (limit ?? Infinity)
      ? ''
      : t('compose.number', { limit })
  }
  if (part.shape === 'ids')
    return idsOf(value).length > (limit ?? Infinity) ? t('compose.many', { limit }) : ''
  if (part.shape === 'url' && !/^https?:\/\/\S+$/iu.test(value)) return t('compose.url')
  return text(value, limit, false)
}

function text(value: string, limit: number | undefined, required: boolean): string {
  if (value === '') return required ? t('compose.required') : ''
  const over = length(value) - (limit ?? Infinity)
  return over > 0 ? t('compose.tooLong', { n: over, limit }) : ''
}
