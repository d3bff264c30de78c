import { ApiError } from '@/api/client'
import type { Words } from '@/api/types'
import { currentLanguage } from '@/shared/i18n'
import { inWords } from '@/shared/problems'

/** The channel's own sentence where it has one in the reader's language, with Meta-like detail left out. */
export function accountWords(error: unknown): string {
  if (error instanceof ApiError) {
    const given = (error.problem as { words?: Words }).words
    const words = given?.[currentLanguage()] ?? given?.en
    if (words) return words
  }
  return inWords(error)
}

/** Field → message, of a refusal that names fields. */
export function fieldsOf(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  return Object.fromEntries((error.problem.errors ?? []).map((each) => [each.field, each.message]))
}

/** Seconds to wait, where the refusal names them. */
export function waitOf(error: unknown): number {
  if (!(error instanceof ApiError)) return 0
  const named = (error.problem as { retry_after?: number }).retry_after
  return named ?? error.retryAfter ?? 0
}
