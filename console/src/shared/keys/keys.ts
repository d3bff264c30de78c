import { onBeforeUnmount, onMounted } from 'vue'

import { act } from './actions'
import { KeyReader } from './shortcuts'

/** Listens for shortcuts as long as the component lives. */
export function useKeys(): void {
  const reader = new KeyReader()
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return
    const name = reader.read(event)
    if (name && act(name)) event.preventDefault()
  }
  onMounted(() => window.addEventListener('keydown', onKey))
  onBeforeUnmount(() => window.removeEventListener('keydown', onKey))
}
