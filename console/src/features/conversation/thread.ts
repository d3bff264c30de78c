import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref, ref, watch } from 'vue'

import { getConversation, listMessages } from '@/api/calls'
import type { Message, Page } from '@/api/types'
import { flat } from '@/shared/live/reducer'
import { pendingOf, withoutEcho } from '@/shared/outbox'
import { keys } from '@/shared/query'
import { myself } from '@/shared/session'
import { dayKey } from '@/shared/time'

import { firstUnread, threadRows } from './grouping'

const PAGE = 50
/** Whoever goes far back does not wait for each fifty. */
const LATER = 200
/** How many bubbles are in the page at once; more come as the reader scrolls up. */
const STEP = 120

export function useConversation(id: Ref<string>) {
  return useQuery({
    queryKey: computed(() => keys.conversation(id.value)),
    queryFn: () => getConversation(id.value),
    shallow: true,
  })
}

export function useThread(id: Ref<string>, unread: Ref<number>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => keys.thread(id.value)),
    queryFn: ({ pageParam }) => listMessages(id.value, pageParam, pageParam ? LATER : PAGE),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<Message>) => page.next_cursor,
    shallow: true,
  })

  const limit = ref(STEP)
  const newestFirst = computed(() => flat(query.data.value))
  const shown = computed(() => newestFirst.value.slice(0, limit.value).reverse())

  /** Fixed while the conversation is open, so that reading does not move the line. */
  const firstNewId = ref<string | null>(null)
  const settledFor = ref<string | null>(null)
  watch(
    [id, newestFirst],
    () => {
      if (settledFor.value === id.value || newestFirst.value.length === 0) return
      settledFor.value = id.value
      firstNewId.value = firstUnread(newestFirst.value, unread.value)
      limit.value = STEP
    },
    { immediate: true },
  )

  const rows = computed(() =>
    threadRows(shown.value, { dayOf: dayKey, firstNewId: firstNewId.value }),
  )
  const pending = computed(() =>
    withoutEcho(pendingOf(id.value), newestFirst.value.slice(0, 30), myself.value?.id ?? ''),
  )
  const hasOlder = computed(
    () => newestFirst.value.length > limit.value || query.hasNextPage.value === true,
  )

  async function loadOlder(): Promise<void> {
    if (newestFirst.value.length <= limit.value + STEP / 2 && query.hasNextPage.value)
      await query.fetchNextPage()
    limit.value += STEP / 2
  }

  /** Loads until the message is on the page; false when it is too far back or gone. */
  async function reach(messageId: string): Promise<boolean> {
    for (let tries = 0; tries < 20; tries += 1) {
      const at = newestFirst.value.findIndex((message) => message.id === messageId)
      if (at >= 0) {
        limit.value = Math.max(limit.value, at + 10)
        return true
      }
      if (!query.hasNextPage.value) return false
      await query.fetchNextPage()
    }
    return false
  }

  return { query, rows, pending, newestFirst, hasOlder, loadOlder, reach }
}
