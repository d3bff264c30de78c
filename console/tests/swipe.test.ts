import { describe, expect, it } from 'vitest'

import { type Point, Swipe } from '@/shared/swipe'

const WIDTH = 390
const at = (x: number, y: number, ms: number): Point => ({ x, y, at: ms })

function drag(...points: Point[]) {
  const [first, ...rest] = points as [Point, ...Point[]]
  const swipe = new Swipe(first, WIDTH)
  return { follows: rest.map((each) => swipe.move(each)), goes: swipe.goes }
}

describe('a finger from the edge', () => {
  it('is followed and goes back when it has come far enough, however slowly', () => {
    const slow = drag(at(5, 400, 0), at(60, 402, 1000), at(200, 410, 3000))
    expect(slow).toEqual({ follows: [55, 195], goes: true })
  })
  it('goes back after a short way when it is quick', () => {
    expect(drag(at(5, 400, 0), at(65, 402, 80)).goes).toBe(true)
    expect(drag(at(5, 400, 0), at(65, 402, 800)).goes).toBe(false)
  })
  it('stays when it is brought back before it is lifted', () => {
    const changed = drag(at(5, 400, 0), at(250, 400, 300), at(30, 400, 900))
    expect(changed).toEqual({ follows: [245, 25], goes: false })
  })
  it('does not follow within the slack: a touch is not a drag', () => {
    expect(drag(at(5, 400, 0), at(12, 402, 60))).toEqual({ follows: [null], goes: false })
  })
  it('that began to scroll goes on scrolling, even far to the right', () => {
    const scrolled = drag(at(5, 300, 0), at(10, 330, 50), at(300, 340, 200))
    expect(scrolled).toEqual({ follows: [null, null], goes: false })
  })
  it('that went to the left first is not taken back', () => {
    expect(drag(at(30, 300, 0), at(10, 300, 50), at(300, 300, 200)).goes).toBe(false)
  })
})
