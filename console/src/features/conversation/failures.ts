import type { MessageError } from '@/api/types'
import { i18n, t } from '@/shared/i18n'

/** Why a message did not arrive, in words; the provider's own words where we have none. */
export function failureWords(error: MessageError | null): string {
  if (!error) return t('failure.unknown')
  if (i18n.global.te(`failure.${error.code}`)) return t(`failure.${error.code}`)
  return error.title ? t('failure.said', { words: error.title }) : t('failure.unknown')
}
