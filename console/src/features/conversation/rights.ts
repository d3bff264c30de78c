import type { Agent, Conversation } from '@/api/types'

export type ComposerMode =
  | { kind: 'write' }
  | { kind: 'claim' }
  | { kind: 'locked'; name: string; mayTakeOver: boolean }
  | { kind: 'window' }
  | { kind: 'blocked' }

/** What the composer is now: a box to write in, or one sentence and the one thing that is possible. */
export function composerMode(
  conversation: Conversation,
  agent: Agent,
  windowOpen: boolean,
  blocked = false,
): ComposerMode {
  if (blocked) return { kind: 'blocked' }
  const owner = conversation.assignee
  if (!owner) return { kind: 'claim' }
  if (owner.id !== agent.id)
    return { kind: 'locked', name: owner.name ?? '', mayTakeOver: agent.role !== 'agent' }
  return windowOpen ? { kind: 'write' } : { kind: 'window' }
}
