import { beforeEach, expect, it } from 'vitest'

import {
  answerLetter,
  bareSubject,
  inLine,
  isSendable,
  letterBody,
  letterOf,
  othersIn,
  peopleIn,
  wrongIn,
} from '@/features/conversation/letter/letter'

import { message } from './make'

const OWN = 'support@minato.example'
const letter = message(1, {
  direction: 'in',
  data: {
    subject: 'Re: 返信: Hours',
    from: { name: 'Hanako', address: 'hanako@example.jp' },
    to: [
      { name: '', address: 'Support@minato.example' },
      { name: 'Ken, K.', address: 'ken@partner.example' },
    ],
    cc: [
      { name: '', address: 'taro@example.jp' },
      { name: '', address: 'HANAKO@example.jp' },
    ],
  },
})

beforeEach(() => localStorage.clear())

it('reads people as they are typed', () => {
  expect(peopleIn('"Hanako S" <hanako@example.jp>; ken@example.jp、 ')).toEqual([
    { name: 'Hanako S', address: 'hanako@example.jp' },
    { name: '', address: 'ken@example.jp' },
  ])
  expect(wrongIn('hanako@example.jp, ken')).toBe('ken')
  expect(wrongIn('hanako@example.jp')).toBe('')
  expect(inLine([{ name: 'Ken, K.', address: 'k@x.jp' }])).toBe('Ken  K. <k@x.jp>')
})

it('answers all but us, each once', () => {
  expect(othersIn(letter.data, OWN)).toEqual({
    to: [{ name: 'Ken, K.', address: 'ken@partner.example' }],
    cc: [{ name: '', address: 'taro@example.jp' }],
  })
  answerLetter('c1', letter, OWN, true)
  expect(letterOf('c1')).toMatchObject({
    open: true,
    to: 'Hanako <hanako@example.jp>, Ken  K. <ken@partner.example>',
    cc: 'taro@example.jp',
    subject: 'Re: Hours',
  })
  answerLetter('c1', letter, OWN, false)
  expect(letterOf('c1')).toMatchObject({ to: 'Hanako <hanako@example.jp>', cc: '' })
})

it('strips every mark of an answer', () => {
  expect(bareSubject('AW: RE[2]: 返信: Fwd: Hours')).toBe('Hours')
})

it('holds a letter back until every address is one, and is empty once it left', () => {
  expect(isSendable(letterOf('c2'))).toBe(true)
  answerLetter('c2', letter, OWN, false)
  Object.assign(letterOf('c2'), { bcc: 'nobody' })
  expect(isSendable(letterOf('c2'))).toBe(false)
  Object.assign(letterOf('c2'), { bcc: '', to: '' })
  expect(isSendable(letterOf('c2'))).toBe(false)
  Object.assign(letterOf('c2'), { to: 'Hanako <hanako@example.jp>' })
  expect(letterBody('c2', ' Yes ', ['m1'])).toEqual({
    type: 'text',
    text: 'Yes',
    media_ids: ['m1'],
    letter: {
      to: [{ name: 'Hanako', address: 'hanako@example.jp' }],
      cc: [],
      bcc: [],
      subject: 'Re: Hours',
    },
  })
  expect(letterOf('c2').open).toBe(false)
  expect(letterBody('c2', 'Again', [])).toEqual({ type: 'text', text: 'Again' })
})
