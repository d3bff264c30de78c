import { computed, ref } from 'vue'

import type { Agent, Me } from '@/api/types'

/** Who is signed in; null until `/me` answered, and again after signing out. */
export const me = ref<Me | null>(null)

export const myself = computed<Agent | null>(() => me.value?.agent ?? null)

/** Whose words the browser keeps; empty while nobody is signed in. */
export const ownId = computed(() => myself.value?.id ?? '')

export const maySupervise = computed(
  () => myself.value?.role === 'owner' || myself.value?.role === 'supervisor',
)
export const isOwner = computed(() => myself.value?.role === 'owner')

export function workspaceZone(): string | undefined {
  return me.value?.workspace.time_zone
}
