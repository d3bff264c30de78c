import { useQuery } from '@tanstack/vue-query'

import { listQuickReplies } from '@/api/calls'
import { keys, queryClient } from '@/shared/query'

/** No event tells of them (some are personal): asked again when the composer or the page opens. */
export function useQuickReplies() {
  return useQuery({ queryKey: keys.quickReplies, queryFn: listQuickReplies, staleTime: 30_000 })
}

export const refreshQuickReplies = () =>
  queryClient.invalidateQueries({ queryKey: keys.quickReplies })
