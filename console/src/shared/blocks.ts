import { useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'

import { listBlocks } from '@/api/account'
import { listChannels } from '@/api/calls'
import type { Conversation } from '@/api/types'

import { keys } from './query'

export const blocksKey = (contactId: string) => ['blocks', contactId] as const

/** Whether the contact is blocked in the conversation's inbox; asked only where a channel can block at all. */
export function useBlocked(conversation: Ref<Conversation | undefined>) {
  const contactId = computed(() => conversation.value?.contact.id ?? '')
  const { data: channels } = useQuery({ queryKey: keys.channels, queryFn: listChannels })
  const possible = computed(() =>
    channels.value
      ?.find(({ name }) => name === conversation.value?.channel)
      ?.capabilities.account?.includes('blocking'),
  )
  const { data } = useQuery({
    queryKey: computed(() => blocksKey(contactId.value)),
    queryFn: () => listBlocks(contactId.value),
    enabled: computed(() => contactId.value !== '' && possible.value === true),
  })
  return computed(
    () =>
      data.value?.items.some(({ inbox_id: id }) => id === conversation.value?.inbox_id) ?? false,
  )
}
