import { useVirtualizer } from '@tanstack/vue-virtual'
import { computed, nextTick, type Ref, watch } from 'vue'

import type { Conversation } from '@/api/types'

import { shiftOf } from './anchor'

const ROW = 64

/** Only the rows on the screen exist, and they stay where they are when others come in above them. */
export function useRows(scroller: Ref<HTMLElement | null>, rows: Ref<Conversation[]>) {
  const virtual = useVirtualizer(
    computed(() => ({
      count: rows.value.length,
      getScrollElement: () => scroller.value,
      estimateSize: () => ROW,
      getItemKey: (index: number) => rows.value[index]?.id ?? index,
      overscan: 10,
    })),
  )
  const items = computed(() => virtual.value.getVirtualItems())

  watch(rows, (after, before) => {
    const element = scroller.value
    // At the top one wants to see what comes.
    if (!element || element.scrollTop < ROW) return
    const first = Math.floor(element.scrollTop / ROW)
    const last = first + Math.ceil(element.clientHeight / ROW)
    const visible = before.slice(first, last).map((row, at) => ({ id: row.id, index: first + at }))
    const shift = shiftOf(
      visible,
      after.slice(0, last + 200).map((row) => row.id),
    )
    if (shift) void nextTick(() => element.scrollBy({ top: shift * ROW }))
  })
  return { virtual, items }
}
