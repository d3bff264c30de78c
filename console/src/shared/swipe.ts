import { onBeforeUnmount, onMounted } from 'vue'

/** A finger that comes down this near to the left edge may be going back. */
const EDGE = 32
/** Before that it is not yet said whether it scrolls. */
const SLACK = 10
/** So far over the screen, or so fast over a good part of it, and it goes back when it is lifted. */
const FAR = 0.35
const FLICK = { far: 40, pixelsPerMs: 0.5 }

export interface Point {
  x: number
  y: number
  at: number
}
type Way = 'open' | 'back' | 'other'

/** One finger, from where it came down: whether it goes back, how far it has come, and what lifting it there means. */
export class Swipe {
  private way: Way = 'open'
  private last: Point

  constructor(
    private start: Point,
    private width: number,
  ) {
    this.last = start
  }

  /** How far the screen follows; null while the finger does something else. */
  move(to: Point): number | null {
    this.last = to
    const [x, y] = [to.x - this.start.x, Math.abs(to.y - this.start.y)]
    // Decided once: who began to scroll goes on scrolling, wherever the finger wanders.
    if (this.way === 'open' && Math.max(Math.abs(x), y) > SLACK)
      this.way = x > 0 && x > y * 1.5 ? 'back' : 'other'
    return this.way === 'back' ? Math.max(0, x) : null
  }

  get goes(): boolean {
    const far = this.last.x - this.start.x
    const speed = far / Math.max(1, this.last.at - this.start.at)
    return (
      this.way === 'back' &&
      (far > this.width * FAR || (far > FLICK.far && speed > FLICK.pixelsPerMs))
    )
  }
}

/**
 * On a phone a finger from the left edge goes back: the screen follows it, and returns when it does not come far enough.
 * `back` is null where there is nothing behind. Apple's browsers have this gesture themselves: there it is left to them.
 */
export function useSwipeBack(
  surface: () => HTMLElement | null,
  back: () => (() => void) | null,
): void {
  if ('GestureEvent' in window) return
  let swipe: Swipe | null = null

  function start(event: TouchEvent) {
    const [touch] = event.touches
    // A second finger pinches.
    if (event.touches.length > 1 || !touch) return cancel()
    const ours = touch.clientX < EDGE && back() && isFree(event.target)
    swipe = ours ? new Swipe(pointOf(touch, event), innerWidth) : null
  }
  function move(event: TouchEvent) {
    const [touch] = event.touches
    const far = swipe && touch ? swipe.move(pointOf(touch, event)) : null
    if (far !== null) shift(far)
  }
  function lift() {
    const go = swipe?.goes ? back() : null
    cancel()
    go?.()
  }
  function cancel() {
    if (swipe) shift(0)
    swipe = null
  }
  /** Whoever wants less motion gets the same without anything that moves. */
  function shift(pixels: number) {
    const element = surface()
    if (!element || matchMedia('(prefers-reduced-motion: reduce)').matches) return
    element.style.transition = pixels ? 'none' : 'transform 150ms ease-out'
    element.style.transform = pixels ? `translateX(${pixels}px)` : ''
  }

  onMounted(() => {
    addEventListener('touchstart', start, { passive: true })
    addEventListener('touchmove', move, { passive: true })
    addEventListener('touchend', lift, { passive: true })
    addEventListener('touchcancel', cancel, { passive: true })
  })
  onBeforeUnmount(() => {
    removeEventListener('touchstart', start)
    removeEventListener('touchmove', move)
    removeEventListener('touchend', lift)
    removeEventListener('touchcancel', cancel)
  })
}

const pointOf = (touch: Touch, event: Event): Point => ({
  x: touch.clientX,
  y: touch.clientY,
  at: event.timeStamp,
})

/** False over what a finger drags itself: a slider, something that can still scroll to its left, anything that floats. */
function isFree(target: EventTarget | null): boolean {
  if (!(target instanceof Element)) return true
  if (target.closest('input[type=range], [role=slider], [role=dialog], [role=menu]')) return false
  for (let each: Element | null = target; each; each = each.parentElement)
    if (each.scrollLeft > 0) return false
  return true
}
