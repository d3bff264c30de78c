import { onScopeDispose, ref, type Ref } from 'vue'

/** Server time minus this computer's time, in ms: a wrong clock here must not lie about windows. */
const offset = ref(0)

export function setServerTime(now: string): void {
  const server = Date.parse(now)
  if (Number.isFinite(server)) offset.value = server - Date.now()
}

export function serverNow(): number {
  return Date.now() + offset.value
}

/** Server time in ms, refreshed every `period` ms and at once when the clock jumps. */
export function useNow(period = 1000): Readonly<Ref<number>> {
  const now = ref(serverNow())
  const timer = setInterval(() => (now.value = serverNow()), period)
  listeners.add(refresh)
  function refresh() {
    now.value = serverNow()
  }
  onScopeDispose(() => {
    clearInterval(timer)
    listeners.delete(refresh)
  })
  return now
}

const listeners = new Set<() => void>()
/** Told after a clock frame, so that countdowns jump with a moved clock. */
export function clockMoved(): void {
  for (const refresh of listeners) refresh()
}
