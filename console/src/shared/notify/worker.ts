import { ref } from 'vue'

/** A newer console waits; it takes over when the agent says so, never in the middle of a sentence. */
export const newVersion = ref<ServiceWorker | null>(null)

export const canWork = (): boolean => 'serviceWorker' in navigator && window.isSecureContext

/** The console also works without: a browser that has none, or refuses, loses pushes and the kept shell only. */
export async function startWorker(open: (path: string) => void): Promise<void> {
  if (!canWork() || import.meta.env.DEV) return
  navigator.serviceWorker.addEventListener('message', (event: MessageEvent) => {
    const data = event.data as { type?: string; path?: string }
    if (data.type === 'open' && data.path?.startsWith('/')) open(data.path)
  })
  try {
    const registration = await navigator.serviceWorker.register('/sw.js')
    watch(registration)
    setInterval(() => void registration.update().catch(() => undefined), 30 * 60_000)
  } catch {
    // As without.
  }
}

function watch(registration: ServiceWorkerRegistration): void {
  const offer = (worker: ServiceWorker | null) => {
    if (worker?.state === 'installed' && navigator.serviceWorker.controller)
      newVersion.value = worker
  }
  offer(registration.waiting)
  registration.addEventListener('updatefound', () => {
    const coming = registration.installing
    coming?.addEventListener('statechange', () => offer(coming))
  })
}

/** What was typed is kept by the drafts, what was sent by the outbox. */
export function takeNewVersion(): void {
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload())
  newVersion.value?.postMessage('take-over')
}
