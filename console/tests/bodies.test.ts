import { describe, expect, it } from 'vitest'

import type { Attachment } from '@/api/types'
import { cardsOf, filesAbove } from '@/features/conversation/bodies/tapping'
import { previewOf } from '@/shared/preview'

const file = (id: string) =>
  ({ id, name: id, content_type: 'image/png', size: 1, state: 'stored', url: null }) as Attachment

describe('cards side by side', () => {
  const files = [file('above'), file('one'), file('two')]

  it('have their own files, which do not stand above the words as well', () => {
    const cards = cardsOf(
      {
        kind: 'carousel',
        cards: [
          { header: { type: 'image', media_id: 'one' }, body: 'A', display_text: 'See' },
          { header: { type: 'image', media_id: 'two' }, body: 'B' },
        ],
      },
      undefined,
      files,
    )
    expect(cards.map((card) => [card.file?.id, card.buttons.length])).toEqual([
      ['one', 1],
      ['two', 0],
    ])
    expect(filesAbove(cards, files).map(({ id }) => id)).toEqual(['above'])
  })

  it('of a template may show a product and a link', () => {
    const [card] = cardsOf(
      undefined,
      {
        body: 'Offers',
        cards: [
          {
            body: 'A',
            media: { type: 'product', product_id: 'bean-1' },
            buttons: [{ type: 'url', text: 'Open' }],
          },
        ],
      },
      files,
    )
    expect(card).toMatchObject({ file: null, product: 'bean-1', buttons: [{ link: true }] })
  })
})

describe('the line of a list for an answer', () => {
  const reply = (kind: 'flow' | 'call_permission' | 'button', id: string) =>
    previewOf({ type: 'interactive', text: 'Sent', data: { reply: { kind, id } } })

  it('says what was answered, not what the channel calls it', () => {
    expect(reply('flow', 'flow')).toBe('preview.form')
    expect(reply('call_permission', 'accept')).toBe('interactive.callAllowed')
    expect(reply('call_permission', 'reject')).toBe('interactive.callRefused')
    expect(reply('button', 'x')).toBe('Sent')
  })
})
