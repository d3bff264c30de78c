import type { ManifestField, Words } from '@/api/types'

/** The text in the reader's language, else in English, else whatever there is. */
export function inLanguage(words: Words | null | undefined, language: string): string {
  return words?.[language] ?? words?.en ?? Object.values(words ?? {})[0] ?? ''
}

export function startValues(fields: ManifestField[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field.key, String(field.default ?? '')]))
}

/** What the server expects: numbers as numbers, nothing for what was left empty. */
export function filledIn(
  fields: ManifestField[],
  values: Record<string, string>,
): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const field of fields) {
    const text = (values[field.key] ?? '').trim()
    if (field.type === 'boolean') result[field.key] = text === 'true'
    else if (text !== '') result[field.key] = field.type === 'number' ? Number(text) : text
  }
  return result
}

/** Whether a line has a meaning with what is chosen so far: each provider of a channel has lines of its own. */
export function matters(field: ManifestField, settings: Record<string, unknown>): boolean {
  return Object.entries(field.when ?? {}).every(([key, values]) =>
    values.includes(String(settings[key] ?? '')),
  )
}

export type FieldProblem = 'required' | 'number' | 'url'

export function checkField(field: ManifestField, value: string): FieldProblem | null {
  const text = value.trim()
  if (text === '') return field.required ? 'required' : null
  if (field.type === 'number' && !Number.isFinite(Number(text))) return 'number'
  if (field.type === 'url' && !/^https?:\/\/\S+$/iu.test(text)) return 'url'
  return null
}
