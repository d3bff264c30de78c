/// <reference lib="webworker" />
import en from '../src/locales/en/push.json'
import ja from '../src/locales/ja/push.json'
import { keepsPage, notificationOf, type Pushed, shellPaths } from './rules'

declare const self: ServiceWorkerGlobalScope
/** Put in by the build: its mark, so that each build is a new worker, and the console's files. */
declare const __BUILD__: string
declare const __SHELL__: string[]

const CACHE = `shell-${__BUILD__}`

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(shellPaths(__SHELL__))))
})

self.addEventListener('activate', (event) => {
  event.waitUntil(tidy().then(() => self.clients.claim()))
})

async function tidy(): Promise<void> {
  const names = await caches.keys()
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)))
}

/** Only the shell is ever kept. What the API answers belongs to an agent and stays out of every cache. */
self.addEventListener('fetch', (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== self.location.origin) return
  if (request.mode === 'navigate') {
    if (keepsPage(url.pathname)) event.respondWith(page(request))
  } else if (url.pathname.startsWith('/assets/')) {
    event.respondWith(asset(request))
  }
})

/** The server's page when it answers, the kept one when it cannot be reached. */
async function page(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (error) {
    const kept = await caches.match('/', { cacheName: CACHE })
    if (kept) return kept
    throw error
  }
}

/** Named by their content: what is kept is right for ever. */
async function asset(request: Request): Promise<Response> {
  const kept = await caches.match(request, { ignoreVary: true })
  if (kept) return kept
  const answer = await fetch(request)
  if (answer.ok) await (await caches.open(CACHE)).put(request, answer.clone())
  return answer
}

self.addEventListener('message', (event) => {
  if (event.data === 'take-over') void self.skipWaiting()
})

self.addEventListener('push', (event) => {
  const pushed = event.data?.json() as Pushed | undefined
  if (pushed) event.waitUntil(tell(pushed))
})

async function tell(pushed: Pushed): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window' })
  // The console itself is looked at: it has told already.
  if (pages.some((each) => each.focused && each.visibilityState === 'visible')) return
  const { title, options } = notificationOf(pushed, pushed.lang === 'ja' ? ja : en)
  await self.registration.showNotification(title, options)
  await navigator.setAppBadge?.()
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  const { path } = event.notification.data as { path: string }
  event.waitUntil(open(path))
})

async function open(path: string): Promise<void> {
  const [first] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  if (!first) return void (await self.clients.openWindow(path))
  await first.focus()
  first.postMessage({ type: 'open', path })
}
