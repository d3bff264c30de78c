import type { Attachment, Interactive, RenderedTemplate } from '@/api/types'

import type { Card } from './CardStrip.vue'

/** The cards of a message, with the files that belong to them. */
export function cardsOf(
  interactive: Interactive | undefined,
  template: RenderedTemplate | undefined,
  files: Attachment[],
): Card[] {
  const file = (id: string | null | undefined) => files.find((each) => each.id === id) ?? null
  const own = (interactive?.cards ?? []).map((card) => ({
    body: card.body ?? '',
    file: file(card.header?.media_id),
    product: '',
    buttons: card.display_text ? [{ text: card.display_text, link: true }] : [],
  }))
  const templates = (template?.cards ?? []).map((card) => ({
    body: card.body,
    file: file(card.media?.media_id),
    product: card.media?.product_id ?? '',
    buttons: (card.buttons ?? []).map(({ text, type }) => ({
      text,
      link: type.toLowerCase() === 'url',
    })),
  }))
  return [...own, ...templates]
}

/** The same file may be on a card only, not above the words as well. */
export function filesAbove(cards: Card[], files: Attachment[]): Attachment[] {
  const taken = new Set(cards.map((card) => card.file?.id))
  return files.filter((each) => !taken.has(each.id))
}
