import { VueQueryPlugin } from '@tanstack/vue-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createApp, effectScope, ref } from 'vue'

import { useThread } from '@/features/conversation/thread'
import { queryClient } from '@/shared/query'

import { message } from './make'

const ALL = 400
const newestFirst = Array.from({ length: ALL }, (_, n) => message(ALL - n))

/** A server with 400 messages, and the thread of one conversation, its first page loaded. */
async function opened() {
  vi.spyOn(globalThis, 'fetch').mockImplementation((asked) => {
    const url = new URL(asked instanceof Request ? asked.url : String(asked), 'http://localhost')
    const from = Number(url.searchParams.get('cursor') ?? 0)
    const end = from + Number(url.searchParams.get('limit'))
    const page = { items: newestFirst.slice(from, end), next_cursor: end < ALL ? `${end}` : null }
    return Promise.resolve(Response.json(page))
  })
  const app = createApp({}).use(VueQueryPlugin, { queryClient })
  const thread = app.runWithContext(() =>
    effectScope().run(() => useThread(ref('conversation-1'), ref(0))),
  )
  if (!thread) throw new Error('no scope')
  await vi.waitFor(() => expect(thread.query.isSuccess.value).toBe(true))
  const shown = () =>
    thread.rows.value.flatMap((row) => (row.kind === 'message' ? [row.message.text ?? ''] : []))
  return { thread, shown }
}

afterEach(() => {
  vi.restoreAllMocks()
  queryClient.clear()
})

describe('going back in a long thread', () => {
  it('leaves what is being read where the first older page comes', async () => {
    const { thread, shown } = await opened()
    const read = shown()
    expect(read).toHaveLength(50)
    await thread.loadOlder()
    expect(shown().slice(-50)).toEqual(read)
    expect(shown()).toHaveLength(160)
  })

  it('draws no more than it has to, and always goes on from what is on top', async () => {
    const { thread, shown } = await opened()
    for (let turn = 0; turn < 10; turn += 1) {
      const [top] = shown()
      await thread.loadOlder()
      expect(shown()).toContain(top)
      expect(shown().length).toBeLessThanOrEqual(220)
    }
    expect(shown()[0]).toBe('Message 1')
  })
})
