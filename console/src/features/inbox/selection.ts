import { computed, ref } from 'vue'

/** As many as one bulk action takes. */
export const MOST_SELECTED = 200

/** The chosen rows of a list: one by one, or from the last chosen to this one. */
export function useSelection() {
  const chosen = ref<ReadonlySet<string>>(new Set())
  let last: string | null = null

  function toggle(id: string, order: string[], range: boolean): void {
    const next = new Set(chosen.value)
    for (const each of range ? between(order, last, id) : [id]) {
      if (next.has(id) && !range) next.delete(each)
      else if (next.size < MOST_SELECTED) next.add(each)
    }
    last = id
    chosen.value = next
  }

  function clear(): void {
    chosen.value = new Set()
    last = null
  }

  function chooseAll(order: string[]): void {
    chosen.value = new Set(order.slice(0, MOST_SELECTED))
  }

  return { chosen, count: computed(() => chosen.value.size), toggle, clear, chooseAll }
}

function between(order: string[], from: string | null, to: string): string[] {
  const [a, b] = [order.indexOf(from ?? to), order.indexOf(to)]
  if (a < 0 || b < 0) return [to]
  return order.slice(Math.min(a, b), Math.max(a, b) + 1)
}
