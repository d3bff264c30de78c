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
  const text = message.text?.replace(/\s+/gu, ' ').trim() ?? ''
  if (message.type === 'text' || !KINDS.has(message.type)) return text || t('preview.other')
  if (text && ['interactive', 'template'].includes(message.type)) return text
  const kind = t(`preview.${message.type}`)
  return text ? t('preview.withText', { kind, text }) : kind
}
