import type { Message, MessageStatus } from '@/api/types'

export type TickMark = 'clock' | 'one' | 'two' | 'two-accent' | 'failed' | 'question' | 'none'

const MARKS: Record<MessageStatus, TickMark> = {
  received: 'none',
  scheduled: 'clock',
  queued: 'clock',
  sending: 'clock',
  uncertain: 'question',
  sent: 'one',
  delivered: 'two',
  read: 'two-accent',
  failed: 'failed',
}

export function tickOf(direction: 'in' | 'out', status: MessageStatus): TickMark {
  return direction === 'in' ? 'none' : MARKS[status]
}

/** The steps a message has passed, oldest first, for the tooltip. */
export function passedSteps(message: Message): { step: string; at: string }[] {
  const steps: { step: string; at: string | null }[] =
    message.direction === 'in'
      ? [{ step: 'received', at: message.created_at }]
      : [
          { step: 'written', at: message.created_at },
          { step: 'sent', at: message.sent_at },
          { step: 'delivered', at: message.delivered_at },
          { step: 'read', at: message.read_at },
          { step: 'failed', at: message.failed_at },
        ]
  return steps.filter((step): step is { step: string; at: string } => step.at !== null)
}
