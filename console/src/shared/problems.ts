import { ApiError, NetworkError } from '@/api/client'

import { i18n, t } from './i18n'

/** One sentence for a person about anything that was thrown. */
export function inWords(error: unknown): string {
  if (error instanceof NetworkError) return t('errors.network')
  if (!(error instanceof ApiError)) return t('errors.unknown')
  const name = error.problem.assignee?.name
  if (name && i18n.global.te(`errors.${error.code}_by`))
    return t(`errors.${error.code}_by`, { name })
  const field = error.problem.errors?.[0]
  if (error.code === 'invalid' && field)
    return t('errors.invalid_field', { message: field.message })
  if (i18n.global.te(`errors.${error.code}`)) return t(`errors.${error.code}`)
  return error.problem.detail ?? t('errors.unknown')
}
