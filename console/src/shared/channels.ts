import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { listChannels } from '@/api/calls'

import { currentLanguage } from './i18n'
import { keys } from './query'

/** The channels there are, by their names in the reader's language. */
export function useChannelChoices() {
  const { data } = useQuery({ queryKey: keys.channels, queryFn: listChannels })
  return computed(() =>
    (data.value ?? []).map(({ name, title }) => ({
      value: name,
      label: title[currentLanguage()] ?? title.en ?? name,
    })),
  )
}
