import { describe, expect, it } from 'vitest'

import { mistakes } from '@/features/conversation/compose/checking'
import { type Filled, KINDS, type Kind, kindsOf } from '@/features/conversation/compose/kinds'

const kind = (name: string): Kind => {
  const found = KINDS.find((each) => each.name === name)
  if (!found) throw new Error(name)
  return found
}
const filled = (values: Record<string, string>, titles: string[] = []): Filled => ({
  values,
  rows: titles.map((title) => ({ title, description: '' })),
})
const LIMITS = { body: 10, title: 4, items: 3, label: 5, url: 30 }

describe('composing', () => {
  it('offers what the channel takes', () => {
    const names = kindsOf(['text', 'location'], { buttons: {}, catalog: {} }).map((x) => x.name)
    expect(names).toEqual(['location', 'buttons', 'catalog'])
    expect(kindsOf(['text'], {})).toEqual([])
  })

  it('checks by the channel’s limits, counting characters as people do', () => {
    const at = (text: string) => mistakes(kind('location_request'), filled({ body: text }), LIMITS)
    expect(at('👍'.repeat(10))).toEqual({})
    expect(Object.keys(at('👍'.repeat(11)))).toEqual(['body'])
    expect(Object.keys(at('  '))).toEqual(['body'])
  })

  it('names the line that is too long, missing or there twice', () => {
    const bad = mistakes(kind('buttons'), filled({ body: 'a' }, ['12345', '', 'x', 'x']), LIMITS)
    expect(Object.keys(bad)).toEqual(['rows.0.title', 'rows.1.title', 'rows.3.title'])
  })

  it('knows a place on Earth and a link', () => {
    const place = (latitude: string) =>
      Object.keys(mistakes(kind('location'), filled({ latitude, longitude: '180' }), {}))
    expect(place('90')).toEqual([])
    expect(place('90.1')).toEqual(['latitude'])
    expect(place('north')).toEqual(['latitude'])
    const link = (url: string) =>
      Object.keys(mistakes(kind('cta_url'), filled({ body: 'a', label: 'b', url }), LIMITS))
    expect(link('javascript:alert(1)')).toEqual(['url'])
    expect(link('https://example.com')).toEqual([])
  })

  it('writes the neutral shapes, without what is empty', () => {
    const list = kind('list').build(
      filled({ body: 'Beans', label: 'Choose', footer: '' }, ['Kenya']),
    )
    expect(list).toEqual({
      type: 'interactive',
      interactive: {
        kind: 'list',
        body: 'Beans',
        button: 'Choose',
        sections: [{ rows: [{ id: 'r1', title: 'Kenya' }] }],
      },
    })
    const products = kind('product_list').build(
      filled({ catalog_id: '1', header: 'New', body: 'x', products: ' a \n\nb' }),
    )
    expect(products).toMatchObject({ interactive: { sections: [{ products: ['a', 'b'] }] } })
    const card = kind('contacts').build(filled({ person: 'Ken', phone: '+81', email: '' }))
    expect(card).toEqual({
      type: 'contacts',
      contacts: [{ name: 'Ken', phones: [{ phone: '+81' }] }],
    })
  })
})
