import { onBeforeUnmount, type Ref, ref, watch } from 'vue'

const NEAR = 80
const TOP = 600

/**
 * Keeps a thread where its reader is: at the end it follows new messages, elsewhere nothing moves.
 * Browsers' own anchoring is off (Safari has none), so that one rule holds everywhere.
 */
export function useThreadScroll(
  scroller: Ref<HTMLElement | null>,
  content: Ref<HTMLElement | null>,
  rows: Ref<unknown>,
  onTop: () => Promise<void>,
  more: { newer: Ref<boolean>; onBottom: () => Promise<void> },
) {
  const atEnd = ref(true)
  let loading = false
  let held: { row: HTMLElement; top: number } | null = null

  function toEnd(): void {
    const element = scroller.value
    if (!element) return
    element.scrollTop = element.scrollHeight
    atEnd.value = true
  }

  async function onScroll(): Promise<void> {
    const element = scroller.value
    if (!element) return
    const below = element.scrollHeight - element.scrollTop - element.clientHeight
    atEnd.value = below < NEAR && !more.newer.value
    // In a short piece both ends are near: the nearer one is meant.
    const down = more.newer.value && below <= TOP && below <= element.scrollTop
    const load = down ? more.onBottom : element.scrollTop <= TOP ? onTop : null
    if (!load || loading) return
    loading = true
    try {
      await load()
    } finally {
      loading = false
    }
  }

  // Before the page changes: what is on top of the screen, and where. After: put it back there.
  watch(rows, () => (held = atEnd.value ? null : topRow()), { flush: 'pre' })
  watch(rows, putBack, { flush: 'post' })

  function putBack(): void {
    if (!held || !scroller.value) return
    if (held.row.isConnected)
      scroller.value.scrollTop += held.row.getBoundingClientRect().top - held.top
    held = null
  }

  function topRow(): { row: HTMLElement; top: number } | null {
    const element = scroller.value
    if (!element) return null
    const edge = element.getBoundingClientRect().top
    for (const row of element.querySelectorAll<HTMLElement>('[data-row]')) {
      // A day's line stays on top of its day, wherever that begins now: only messages keep their place.
      if (!row.querySelector('[data-message-id]')) continue
      const box = row.getBoundingClientRect()
      if (box.bottom > edge) return { row, top: box.top }
    }
    return null
  }

  const observer = new ResizeObserver(() => {
    if (atEnd.value) toEnd()
  })
  watch([scroller, content], ([outer, inner]) => {
    observer.disconnect()
    if (outer) observer.observe(outer)
    if (inner) observer.observe(inner)
  })
  onBeforeUnmount(() => observer.disconnect())

  return { atEnd, toEnd, onScroll }
}
