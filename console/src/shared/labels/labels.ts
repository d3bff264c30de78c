import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { listLabels } from '@/api/calls'
import type { Label, LabelColour } from '@/api/types'
import { keys } from '@/shared/query'

export const COLOURS: LabelColour[] = [
  'grey',
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
]

export const paint = (colour: string) => `var(--label-${colour})`

export function useLabels() {
  const query = useQuery({ queryKey: keys.labels, queryFn: listLabels })
  const labels = computed(() => query.data.value ?? [])
  const byName = computed(() => new Map(labels.value.map((label) => [label.name, label])))
  /** Labels that programs set without making them known are grey. */
  const colourOf = (name: string) => paint(byName.value.get(name)?.colour ?? 'grey')
  return { ...query, labels, colourOf }
}

/** In their order, under their categories. */
export function byCategory<T extends Pick<Label, 'category'>>(
  labels: T[],
): { category: string; labels: T[] }[] {
  const groups = new Map<string, T[]>()
  for (const label of labels)
    groups.set(label.category, [...(groups.get(label.category) ?? []), label])
  return [...groups].map(([category, found]) => ({ category, labels: found }))
}
