import { computed, ref } from 'vue'

import type { Agent, Me } from '@/api/types'

/** Who is signed in; null until `/me` answered, and again after signing out. */
export const me = ref<Me | null>(null)

export const myself = computed<Agent | null>(() => me.value?.agent ?? null)

export const maySupervise = computed(
  () => myself.value?.role === 'owner' || myself.value?.role === 'supervisor',
)
export const isOwner = computed(() => myself.value?.role === 'owner')

export function workspaceZone(): string | undefined {
  return me.value?.workspace.time_zone
}
