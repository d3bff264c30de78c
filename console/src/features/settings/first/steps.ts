import { useQuery } from '@tanstack/vue-query'
import { computed, onBeforeUnmount } from 'vue'

import { getSteps, markStep, type StepName, stepsKey } from '@/api/setup'
import { onEvent } from '@/shared/live/live'
import { queryClient } from '@/shared/query'
import { sayError } from '@/shared/toast'

const SOON_MS = 400

/** The first steps as they stand; what happens while one looks is seen. Once they are over nothing is asked any more. */
export function useSteps() {
  const query = useQuery({ queryKey: stepsKey, queryFn: getSteps })
  const steps = computed(() => query.data.value?.steps ?? [])
  const over = computed(() => query.data.value?.over ?? true)
  let due: ReturnType<typeof setTimeout> | undefined
  const stop = onEvent(() => {
    if (over.value || due) return
    due = setTimeout(() => {
      due = undefined
      void refreshSteps()
    }, SOON_MS)
  })
  onBeforeUnmount(() => {
    stop()
    clearTimeout(due)
  })
  return { steps, over, phone: computed(() => query.data.value?.phone_url ?? null) }
}

export const refreshSteps = () => queryClient.invalidateQueries({ queryKey: stepsKey })

export async function mark(change: {
  step?: StepName
  state?: 'open' | 'done' | 'skipped'
  over?: true
}): Promise<void> {
  try {
    queryClient.setQueryData(stepsKey, await markStep(change))
  } catch (failure) {
    sayError(failure)
  }
}
