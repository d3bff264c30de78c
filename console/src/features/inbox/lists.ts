import { useInfiniteQuery, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { getCounts, listConversations } from '@/api/calls'
import type { Conversation, Page } from '@/api/types'
import { flat } from '@/shared/live/reducer'
import { keys, type ListFilter } from '@/shared/query'

const PAGE = 50

export function useConversationList(filter: Ref<ListFilter>) {
  const query = useInfiniteQuery({
    queryKey: computed(() => keys.list(filter.value)),
    queryFn: ({ pageParam, signal }) =>
      listConversations(
        {
          view: filter.value.view,
          status: filter.value.status,
          inbox_id: filter.value.inboxId ?? undefined,
          label: filter.value.label ?? undefined,
          q: filter.value.q,
          cursor: pageParam,
          limit: PAGE,
        },
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
