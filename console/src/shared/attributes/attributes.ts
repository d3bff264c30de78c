import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { type Attribute, listAttributes, peopleKeys } from '@/api/people'

export function useAttributes() {
  const query = useQuery({ queryKey: peopleKeys.attributes, queryFn: listAttributes })
  return { ...query, attributes: computed(() => query.data.value ?? []) }
}

/** A value as an input holds it. */
export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object'
    ? JSON.stringify(value)
    : String(value as string | number | boolean)
}

/** What an input holds as the server keeps it; null takes the value away. */
export function fromText(type: Attribute['type'], text: string): unknown {
  const plain = text.trim()
  if (plain === '') return null
  if (type === 'boolean') return plain === 'true'
  if (type === 'number') return Number.isFinite(Number(plain)) ? Number(plain) : plain
  return plain
}

export interface Row {
  key: string
  label: string
  value: unknown
  attribute: Attribute | null
}

/** What is defined in its order, filled or not, then what is free. */
export function rowsOf(attributes: Attribute[], values: Record<string, unknown>): Row[] {
  const known = new Set(attributes.map(({ key }) => key))
  const free = Object.entries(values).filter(
    ([key, value]) => !known.has(key) && value !== null && value !== '',
  )
  return [
    ...attributes.map((attribute) => ({
      key: attribute.key,
      label: attribute.label,
      value: values[attribute.key] ?? null,
      attribute,
    })),
    ...free.map(([key, value]) => ({ key, label: key, value, attribute: null })),
  ]
}
