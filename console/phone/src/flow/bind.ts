/** Values within a Flow's screen: `${data.name}`, `${form.name}` and `${screen.FIRST.form.name}`. */

import type { FlowPart, Option } from '@phone/flow/types'

export interface Values {
  data: Record<string, unknown>
  form: Record<string, unknown>
  /** What was entered on the screens before, and what they were given. */
  screen: Record<string, { data: Record<string, unknown>; form: Record<string, unknown> }>
}

const WHOLE = /^\$\{([\w.]+)\}$/
const WITHIN = /\$\{([\w.]+)\}/g

/** What the expression stands for; anything that is not one stands for itself. */
export function bind(value: unknown, values: Values): unknown {
  if (typeof value === 'string') {
    const whole = WHOLE.exec(value)
    if (whole) return find(whole[1] ?? '', values)
    return value.replace(WITHIN, (_, path: string) => words(find(path, values)))
  }
  if (Array.isArray(value)) return value.map((item) => bind(item, values))
  if (value && typeof value === 'object') {
    const entries = Object.entries(value).map(([key, item]) => [key, bind(item, values)])
    return Object.fromEntries(entries) as unknown
  }
  return value
}

export function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).join('\n')
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}

export function options(part: FlowPart, values: Values): Option[] {
  const found = bind(part['data-source'], values)
  return Array.isArray(found) ? (found as Option[]) : []
}

/** Whether a condition such as `${form.topic} == 'beans'` holds; an expression alone must be true. */
export function holds(condition: unknown, values: Values): boolean {
  if (typeof condition !== 'string') return condition !== false
  const compared = /^\(?\s*(\$\{[\w.]+\})\s*(==|!=)\s*(.+?)\s*\)?$/.exec(condition)
  if (!compared) return Boolean(bind(condition, values))
  const [, left, sign, right = ''] = compared
  const wanted = right.replace(/^'(.*)'$/, '$1')
  const same = String(bind(left, values) as string) === String(bind(wanted, values) as string)
  return sign === '==' ? same : !same
}

/** The parts that are seen, those within forms and conditions among them. */
export function shown(parts: FlowPart[], values: Values): FlowPart[] {
  return parts.flatMap((part) => {
    if (part.type === 'If')
      return shown((holds(part.condition, values) ? part.then : part.else) ?? [], values)
    if (part.type === 'Form') return shown(part.children ?? [], values)
    return holds(part.visible ?? true, values) ? [part] : []
  })
}

function find(path: string, values: Values): unknown {
  return path.split('.').reduce<unknown>((at, key) => {
    return at && typeof at === 'object' ? (at as Record<string, unknown>)[key] : undefined
  }, values)
}
