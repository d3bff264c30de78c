import { describe, expect, it } from 'vitest'

import { measure, segmentsOf } from '@/features/conversation/textMeasure'
import { holdOf } from '@/shared/files/attach'
import { fillIn, missingIn } from '@/shared/quickReplies/fill'

describe('parts of a short message', () => {
  it.each([
    ['', 'gsm', 1, 160],
    ['a'.repeat(160), 'gsm', 1, 0],
    ['a'.repeat(161), 'gsm', 2, 145],
    ['a'.repeat(306), 'gsm', 2, 0],
    ['a'.repeat(307), 'gsm', 3, 152],
    ['€'.repeat(80), 'gsm', 1, 0],
    ['€'.repeat(81), 'gsm', 2, 143],
    // The escape and what it escapes stay together: 152 + 2 do not fit in 153.
    [`${'a'.repeat(152)}€${'a'.repeat(10)}`, 'gsm', 2, 141],
    ['あ'.repeat(70), 'ucs2', 1, 0],
    ['あ'.repeat(71), 'ucs2', 2, 63],
    ['“quoted”', 'ucs2', 1, 62],
    [`${'あ'.repeat(66)}😀${'あ'.repeat(10)}`, 'ucs2', 2, 55],
  ])('%#', (text, encoding, parts, left) => {
    expect(segmentsOf(text)).toEqual({ encoding, parts, left })
  })

  it('survives a cluster that fits in no part', () => {
    expect(segmentsOf(`e${'\u0301'.repeat(200)}`).parts).toBe(3)
  })
})

describe('the length of a text', () => {
  it('is counted in the unit of the channel', () => {
    const of = (text_unit: string) => measure('aあ😀', { text_limit: 10, text_unit }).length
    expect([of('characters'), of('utf16_units'), of('utf8_bytes')]).toEqual([3, 4, 8])
  })

  it('has a limit of its own under a picture', () => {
    const limits = { text_limit: 4096, caption_limit: 1024 }
    expect([measure('', limits).limit, measure('', limits, true).limit]).toEqual([4096, 1024])
    expect(measure('', { text_limit: 500, caption_limit: 0 }, true).limit).toBe(500)
    expect(measure('x', limits).segments).toBeNull()
  })
})

describe('the variables of a quick reply', () => {
  const text = '{{contact.name}}様 {{ contact.plan }} {{agent.name}} {{order}} {{order}}'
  const values = { 'contact.name': 'Hanako', 'agent.name': '', 'contact.plan': 'gold' }

  it('are filled in, and what nobody knows stays to be seen', () => {
    expect(fillIn(text, values)).toBe('Hanako様 gold {{agent.name}} {{order}} {{order}}')
    expect(missingIn(text, values)).toEqual(['agent.name', 'order'])
    expect(fillIn('{{order}}', { order: '{{agent.name}}' })).toBe('{{agent.name}}')
  })
})

describe('files that cannot go yet', () => {
  const done = { mediaId: 'm1', problem: '' }
  const coming = { mediaId: null, problem: '' }
  const failed = { mediaId: null, problem: 'The connection was cut.' }

  it('hold the message back; one that failed waits for the agent, whatever else is ready', () => {
    expect(holdOf([])).toBeNull()
    expect(holdOf([done])).toBeNull()
    expect(holdOf([done, coming])).toBe('uploading')
    expect(holdOf([done, failed])).toBe('failed')
    expect(holdOf([coming, failed])).toBe('failed')
  })
})
