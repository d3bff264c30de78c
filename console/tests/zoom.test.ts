import { describe, expect, it } from 'vitest'

import { moved, turned, WHOLE, zoomAt } from '@/features/conversation/zoom'

const stage = { width: 400, height: 200 }

describe('looking at a picture', () => {
  it('keeps what is under the pointer under it', () => {
    const near = zoomAt(WHOLE, 2, 100, 50, stage)
    expect(near).toEqual({ scale: 2, x: -100, y: -50, turn: 0 })
    expect(zoomAt(near, 1 / 2, 0, 0, stage)).toEqual(WHOLE)
  })

  it('ends at its edges, and between whole and eight times', () => {
    const near = zoomAt(WHOLE, 2, 0, 0, stage)
    expect(moved(near, 999, -999, stage)).toMatchObject({ x: 200, y: -100 })
    expect(moved(WHOLE, 50, 50, stage)).toEqual(WHOLE)
    expect(zoomAt(WHOLE, 100, 0, 0, stage).scale).toBe(8)
    expect(zoomAt(near, 0.01, 0, 0, stage)).toEqual(WHOLE)
  })

  it('turns whole again after four quarters', () => {
    const near = zoomAt(WHOLE, 3, 10, 10, stage)
    expect(turned(near)).toEqual({ ...WHOLE, turn: 1 })
    expect(turned(turned(turned(turned(near))))).toEqual(WHOLE)
  })
})
