import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref, ref, watch } from 'vue'

import { getConversation, listMessages } from '@/api/calls'
import type { Message, Page } from '@/api/types'
import { flat } from '@/shared/live/reducer'
import { pendingOf, withoutEcho } from '@/shared/outbox'
import { keys, queryClient } from '@/shared/query'
import { myself } from '@/shared/session'
import { dayKey } from '@/shared/time'

import { firstUnread, threadRows } from './grouping'
import { useSpan } from './span'

const PAGE = 50
/** Whoever goes far back does not wait for each fifty. */
const LATER = 200
/** How many messages are drawn at most; the others are loaded and come as the reader scrolls, those behind go. */
const DRAWN = 160
const STEP = 60

export function useConversation(id: Ref<string>) {
  return useQuery({
    queryKey: computed(() => keys.conversation(id.value)),
    queryFn: () => getConversation(id.value),
    shallow: true,
  })
}

const pagesOf = (id: Ref<string>) => ({
  queryKey: computed(() => keys.thread(id.value)),
  queryFn: ({ pageParam }: { pageParam: string | null }) =>
    listMessages(id.value, pageParam, pageParam ? LATER : PAGE),
  initialPageParam: null as string | null,
  getNextPageParam: (page: Page<Message>) => page.next_cursor,
  shallow: true,
})

/** The messages of the thread as far as they are loaded, the newest first; asks for nothing by itself. */
export function useLoaded(id: Ref<string>) {
  const { data } = useInfiniteQuery({ ...pagesOf(id), refetchOnMount: false })
  return computed(() => flat(data.value))
}

export function useThread(id: Ref<string>, unread: Ref<number>) {
  const query = useInfiniteQuery(pagesOf(id))
  const span = useSpan(id)

  const newestFirst = computed(() => flat(query.data.value))
  const loaded = computed(() => span.messages.value ?? newestFirst.value)
  /** The newest message that is drawn; null: the end. By its id, so that what comes meanwhile moves nothing. */
  const bottomId = ref<string | null>(null)
  const from = computed(() => {
    const at = bottomId.value ? loaded.value.findIndex((each) => each.id === bottomId.value) : 0
    return Math.max(0, at)
  })
  const drawn = ref(DRAWN)
  const shown = computed(() => loaded.value.slice(from.value, from.value + drawn.value).reverse())

  /** Fixed while the conversation is open, so that reading does not move the line. */
  const firstNewId = ref<string | null>(null)
  const settledFor = ref<string | null>(null)
  watch(
    [id, newestFirst],
    () => {
      if (settledFor.value === id.value || newestFirst.value.length === 0) return
      settledFor.value = id.value
      firstNewId.value = firstUnread(newestFirst.value, unread.value)
      end()
    },
    { immediate: true },
  )

  const rows = computed(() =>
    threadRows(shown.value, { dayOf: dayKey, firstNewId: firstNewId.value }),
  )
  const pending = computed(() =>
    withoutEcho(pendingOf(id.value), newestFirst.value.slice(0, 30), myself.value?.id ?? ''),
  )
  const moreLoaded = computed(() => loaded.value.length > from.value + drawn.value)
  const mayLoadOlder = computed(() =>
    span.messages.value ? span.older.value !== null : query.hasNextPage.value === true,
  )
  const hasOlder = computed(() => moreLoaded.value || mayLoadOlder.value)
  const hasNewer = computed(() => from.value > 0 || span.messages.value !== null)

  /** Back to the living end. */
  function end(): void {
    span.leave()
    bottomId.value = null
    drawn.value = DRAWN
  }

  /** Grows with each jump: what was on its way before it must not move what it shows. */
  let turn = 0

  async function loadOlder(): Promise<void> {
    const mine = turn
    const before = shown.value.length
    if (loaded.value.length <= from.value + drawn.value + STEP && mayLoadOlder.value)
      await (span.messages.value ? span.goOlder() : query.fetchNextPage())
    // Where there was room for what came, nothing has to go: what would go may be what is being read.
    if (mine !== turn || shown.value.length > before) return
    const bottom = loaded.value[from.value + STEP]
    const left = loaded.value.length - from.value - STEP
    if (bottom && left >= DRAWN) bottomId.value = bottom.id
    else drawn.value += STEP
  }

  async function loadNewer(): Promise<void> {
    if (from.value === 0 && span.messages.value) {
      const mine = turn
      const first = loaded.value[0]?.id ?? null
      const whole = await span.goNewer()
      if (mine !== turn) return
      if (whole) join()
      bottomId.value = first
    }
    const next = Math.max(0, from.value - STEP)
    bottomId.value = next === 0 ? null : (loaded.value[next]?.id ?? null)
    drawn.value = DRAWN + STEP
  }

  /** The piece has grown up to the end: it becomes the thread. */
  function join(): void {
    const piece = span.messages.value
    const newest = piece?.[0]?.id
    if (!piece || !newest) return
    const since = newestFirst.value.filter((message) => message.id > newest)
    const page = { items: [...since, ...piece], next_cursor: span.older.value }
    queryClient.setQueryData(keys.thread(id.value), { pages: [page], pageParams: [null] })
    span.leave()
  }

  /** Draws the message, loading around it where it is far back; false when it is gone. */
  async function reach(messageId: string): Promise<boolean> {
    turn += 1
    let at = loaded.value.findIndex((message) => message.id === messageId)
    if (at < 0) {
      at = newestFirst.value.findIndex((message) => message.id === messageId)
      if (at >= 0) end()
      else if (!(await span.open(messageId))) return false
      at = loaded.value.findIndex((message) => message.id === messageId)
    }
    const start = Math.max(0, at - DRAWN / 2)
    bottomId.value = start === 0 ? null : (loaded.value[start]?.id ?? null)
    drawn.value = DRAWN
    return true
  }

  return {
    query,
    rows,
    pending,
    newestFirst,
    loaded,
    hasOlder,
    hasNewer,
    loadOlder,
    loadNewer,
    reach,
    end,
    update: span.update,
  }
}
