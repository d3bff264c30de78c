import type { Message } from '@/api/types'

const GROUP_MS = 3 * 60_000

export type ThreadRow =
  | { kind: 'day'; key: string; iso: string }
  | { kind: 'new'; key: string }
  | { kind: 'message'; key: string; message: Message; first: boolean; last: boolean }

export interface GroupingOptions {
  dayOf: (at: number) => string
  /** The first message the agent had not seen when the conversation was opened. */
  firstNewId: string | null
}

/** The time a message stands at in the thread: its own, or the one it was to leave at. */
export function placedAt(message: Message): string {
  return message.data.scheduled_for ?? message.created_at
}

/** Messages (oldest first) as the rows of a thread: date lines, the "new" line, grouped bubbles. */
export function threadRows(messages: Message[], options: GroupingOptions): ThreadRow[] {
  const rows: ThreadRow[] = []
  let day = ''
  let before: Message | null = null
  for (const message of messages) {
    const itsDay = options.dayOf(Date.parse(placedAt(message)))
    const isNew = message.id === options.firstNewId
    if (itsDay !== day) rows.push({ kind: 'day', key: `day-${itsDay}`, iso: placedAt(message) })
    if (isNew) rows.push({ kind: 'new', key: 'new' })
    const first = itsDay !== day || isNew || !before || !together(before, message)
    closeGroup(rows, first)
    rows.push({ kind: 'message', key: message.id, message, first, last: true })
    day = itsDay
    before = message
  }
  return uniqueKeys(rows)
}

/** The bubble before is the last of its group only if a new group begins. */
function closeGroup(rows: ThreadRow[], first: boolean): void {
  const previous = rows.at(-1)
  if (!first && previous?.kind === 'message') previous.last = false
}

function together(a: Message, b: Message): boolean {
  if (isAside(a) || isAside(b)) return false
  return (
    a.direction === b.direction &&
    a.author.kind === b.author.kind &&
    a.author.id === b.author.id &&
    a.status !== 'failed' &&
    !a.schedule &&
    Math.abs(Date.parse(placedAt(b)) - Date.parse(placedAt(a))) <= GROUP_MS
  )
}

/** Notes and system lines stand alone. */
export function isAside(message: Message): boolean {
  return message.type === 'system' || message.type === 'note'
}

/** Customers' clocks may put a day twice into the order of arrival. */
function uniqueKeys(rows: ThreadRow[]): ThreadRow[] {
  const seen = new Map<string, number>()
  return rows.map((row) => {
    const times = seen.get(row.key) ?? 0
    seen.set(row.key, times + 1)
    return times === 0 ? row : { ...row, key: `${row.key}-${times}` }
  })
}

/** Where the "new" line goes: before the oldest of the `unread` newest customer messages. */
export function firstUnread(newestFirst: Message[], unread: number): string | null {
  let left = unread
  let found: string | null = null
  for (const message of newestFirst) {
    if (left === 0) break
    if (message.direction !== 'in' || message.type === 'system') continue
    found = message.id
    left -= 1
  }
  return found
}
