import { useI18n } from 'vue-i18n'

import type { Message } from '@phone/types'

/** One line that says what a message is, for the chat list and for quotes. */
export function useGist() {
  const { t } = useI18n()

  const words = (message: Message): string => {
    const { content, type } = message
    if (content.text) return content.text.body
    if (content.button) return content.button.text
    if (content.rendered) return content.rendered.body
    const interactive = content.interactive
    const said =
      interactive?.button_reply?.title ??
      interactive?.list_reply?.title ??
      interactive?.nfm_reply?.body ??
      interactive?.body?.text
    if (said) return said
    const caption = content.image?.caption ?? content.video?.caption ?? content.document?.caption
    if (caption) return `${t(`kind.${type}`)} · ${caption}`
    return t(`kind.${type}`)
  }

  return (message: Message): string =>
    message.direction === 'in' ? t('chats.you', { text: words(message) }) : words(message)
}
