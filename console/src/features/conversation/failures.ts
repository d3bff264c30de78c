import type { MessageError } from '@/api/types'
import { i18n, t } from '@/shared/i18n'

/** Why a message did not arrive, in words: the channel's, ours, at last the provider's own. */
export function failureWords(error: MessageError | null, channel: string): string {
  if (!error) return t('failure.unknown')
  for (const key of [`channelFailure.${channel}.${error.code}`, `failure.${error.code}`])
    if (i18n.global.te(key)) return t('failure.because', { reason: t(key) })
  return error.title ? t('failure.said', { words: error.title }) : t('failure.unknown')
}
