import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { listTeams } from '@/api/calls'
import { keys } from '@/shared/query'

export function useTeams() {
  const query = useQuery({ queryKey: keys.teams, queryFn: listTeams })
  return { ...query, teams: computed(() => query.data.value ?? []) }
}
