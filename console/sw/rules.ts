export interface Pushed {
  kind: 'assigned' | 'unassigned' | 'mention' | 'asked' | 'all'
  conversation_id: string
  name: string | null
  text: string | null
  lang: string
}
type Words = Record<Pushed['kind'] | 'nameless', string>

/** Addresses of the console; everything else the server answers by itself. */
export function keepsPage(path: string): boolean {
  return !/^\/(api|webhooks|assets|metrics|healthz|readyz)(\/|$)/u.test(path)
}

export function shellPaths(files: string[]): string[] {
  return ['/', '/icon.svg', '/manifest.webmanifest', ...files.map((file) => `/${file}`)]
}

/** One notification for each conversation: a later one takes the place of the earlier. */
export function notificationOf(pushed: Pushed, words: Words) {
  return {
    title: pushed.name || words.nameless,
    options: {
      body: pushed.text || words[pushed.kind],
      tag: pushed.conversation_id,
      renotify: true,
      icon: '/icons/icon-192.png',
      badge: '/icons/badge-96.png',
      lang: pushed.lang,
      data: { path: `/inbox/all/${pushed.conversation_id}` },
    } as NotificationOptions,
  }
}
