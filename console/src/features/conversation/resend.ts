import type { Message, SendBody } from '@/api/types'

const FILES = new Set(['image', 'video', 'audio', 'document'])

/** The same message once more, as a new one; null for types that cannot be written again here. */
export function sameAgain(message: Message): SendBody | null {
  if (message.type === 'text' && message.text) return { type: 'text', text: message.text }
  const file = message.attachments[0]
  if (FILES.has(message.type) && file) {
    const type = message.type as 'image' | 'video' | 'audio' | 'document'
    return { type, media_id: file.id, ...(message.text ? { caption: message.text } : {}) }
  }
  const template = message.data.template
  if (message.type === 'template' && template) {
    const { name, language, variables = {} } = template
    return { type: 'template', template: { name, language, variables } }
  }
  return null
}
