import type { LastMessage } from '@/api/types'

import { t } from './i18n'
import { noticeWords } from './notice'

const KINDS = new Set([
  'image',
  'video',
  'audio',
  'document',
  'sticker',
  'location',
  'contacts',
  'reaction',
  'order',
  'template',
  'interactive',
  'unsupported',
  'note',
])

/** One line that stands for a message where there is no room for it. */
export function previewOf(message: Pick<LastMessage, 'type' | 'text' | 'data'>): string {
  if (message.type === 'system') return noticeWords(message.data, message.text)
  const answer = answerWords(message.data)
  if (answer) return answer
  const text = message.text?.replace(/\s+/gu, ' ').trim() ?? ''
  if (message.type === 'text' || !KINDS.has(message.type)) return text || t('preview.other')
  if (text && ['interactive', 'template'].includes(message.type)) return text
  const kind = t(`preview.${message.type}`)
  return text ? t('preview.withText', { kind, text }) : kind
}

/** A form's own words are the channel's ("Sent"), and an answer to our wish to call has none. */
function answerWords(data: LastMessage['data']): string {
  if (data?.reply?.kind === 'flow') return t('preview.form')
  if (data?.reply?.kind !== 'call_permission') return ''
  return t(data.reply.id === 'accept' ? 'interactive.callAllowed' : 'interactive.callRefused')
}
