import type { Conversation, Message, NotificationSettings } from '@/api/types'

export type NewsKind = NotificationSettings['kinds'][number]

/** What a message is to this agent, by the same rules as on the server (`notifications/rules.py`). */
export function kindOf(
  message: Message,
  conversation: Pick<Conversation, 'assignee'> | undefined,
  me: string,
): NewsKind | null {
  if (message.author.id === me) return null
  const system = message.data.system
  if (system) {
    if (system.agent?.id !== me) return null
    if (system.kind === 'asked') return 'asked'
    return system.kind === 'assigned' || system.kind === 'taken_over' ? 'assigned' : null
  }
  if (message.type === 'note') return mentions(message, me) ? 'mention' : null
  if (message.direction !== 'in' || !conversation) return null
  if (conversation.assignee?.id === me) return 'assigned'
  return conversation.assignee ? 'all' : 'unassigned'
}

function mentions(message: Message, me: string): boolean {
  const named = (message.data as { mentions?: { id: string }[] }).mentions ?? []
  return named.some((each) => each.id === me)
}

export function isWanted(
  kind: NewsKind,
  message: Message,
  inboxId: string | undefined,
  settings: NotificationSettings,
): boolean {
  if (settings.inbox_ids.length && !settings.inbox_ids.includes(inboxId ?? '')) return false
  if (settings.kinds.includes(kind)) return true
  return message.direction === 'in' && settings.kinds.includes('all')
}

const DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/** By the clock on the agent's wall; over midnight when the end is the earlier time. */
export function isQuiet(
  settings: NotificationSettings,
  zone: string | undefined,
  now: number,
): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: settings.time_zone ?? zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).formatToParts(now)
  const of = (type: string) => parts.find((part) => part.type === type)?.value ?? ''
  const time = `${of('hour')}:${of('minute')}`
  if (!settings.weekdays.includes(DAYS.indexOf(of('weekday')) + 1)) return true
  const quiet = settings.quiet
  if (!quiet) return false
  return quiet.since <= quiet.until
    ? time >= quiet.since && time < quiet.until
    : time >= quiet.since || time < quiet.until
}
