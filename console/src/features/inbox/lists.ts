import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { getCounts, listConversations, listViews } from '@/api/calls'
import type { Conversation, Page } from '@/api/types'
import { flat } from '@/shared/live/reducer'
import { keys, type ListFilter } from '@/shared/query'

import { apiQueryOf } from './filter'

const PAGE = 50
const LATER = 200

export function useConversationList(filter: Ref<ListFilter>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => keys.list(filter.value)),
    queryFn: ({ pageParam, signal }) =>
      listConversations(
        // Long lists come in long pages: whoever scrolls far does not wait for each fifty.
        { ...apiQueryOf(filter.value), cursor: pageParam, limit: pageParam ? LATER : PAGE },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page: Page<Conversation>) => page.next_cursor,
    shallow: true,
  })
  const rows = computed(() => flat(query.data.value))
  return { ...query, rows }
}

export function useCounts() {
  return useQuery({ queryKey: keys.counts, queryFn: getCounts })
}

/** The shared views and one's own. */
export function useViews() {
  const query = useQuery({ queryKey: keys.views, queryFn: listViews })
  return { ...query, views: computed(() => query.data.value ?? []) }
}
