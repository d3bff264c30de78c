import { useQuery } from '@tanstack/vue-query'
import { computed, ref } from 'vue'

import { listCloseReasons } from '@/api/calls'
import { keys, queryClient } from '@/shared/query'

/** Who is being asked why; the answer goes on to what closes. */
export const closing = ref<{ reasons: string[]; required: boolean; go: Go } | null>(null)

type Go = (reason: string) => void
const reasonsQuery = { queryKey: keys.closeReasons, queryFn: listCloseReasons, staleTime: 60_000 }

export function useCloseReasons() {
  const query = useQuery(reasonsQuery)
  return { ...query, reasons: computed(() => query.data.value?.items ?? []) }
}

/** Closes at once where no reason has to be given; otherwise, and with `always`, it is asked for first. */
export async function closeWith(go: Go, always = false): Promise<void> {
  const known = await queryClient
    .fetchQuery({ ...reasonsQuery, retry: false })
    // Who cannot be asked is not held up: the server says so where a reason is required.
    .catch(() => ({ items: [], required: false }))
  if (known.required || always)
    closing.value = { reasons: known.items, required: known.required, go }
  else go('')
}
