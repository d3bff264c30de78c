import { onBeforeUnmount, onMounted } from 'vue'

/** While it is mounted, the browser's back button (a phone's gesture) closes what is open instead of leaving the page. */
export function useBackCloses(close: () => void): void {
  let left = false
  const onBack = () => {
    left = true
    close()
  }
  onMounted(() => {
    history.pushState({ ...history.state, viewer: true }, '')
    addEventListener('popstate', onBack)
  })
  onBeforeUnmount(() => {
    removeEventListener('popstate', onBack)
    // Closed by other means, and not because the page went elsewhere: the entry goes too.
    if (!left && (history.state as { viewer?: boolean } | null)?.viewer) history.back()
  })
}
