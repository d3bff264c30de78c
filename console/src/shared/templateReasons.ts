import { i18n, t } from './i18n'

/** The provider's code before the colon in the reader's words, its own words behind it as they are. */
export function reasonWords(channel: string, reason: string): string {
  const [code = '', ...rest] = reason.split(': ')
  const key = `channelFailure.${channel}.reason_${code.toLowerCase()}`
  if (!i18n.global.te(key)) return reason
  const words = rest.join(': ')
  return words ? `${t(key)} (${words})` : t(key)
}
