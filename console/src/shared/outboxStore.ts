import type { Problem, SendRequest } from '@/api/types'

import { recall, recallJson, remember } from './storage'

/** A message that the server has not confirmed. `key` is its Idempotency-Key: retries cannot double it. */
export interface Pending {
  key: string
  /** Who wrote it: on a shared computer nobody sends what another agent left behind. */
  agentId: string
  conversationId: string
  body: SendRequest
  at: string
  /** Grows with each message of this browser; what was written first leaves first. */
  order: number
  /** Newest message of the thread when it was written; only a later one can be its echo. */
  afterId: string | null
  state: 'sending' | 'unsent' | 'refused'
  problem?: Problem
  /** Local picture or rendered text, for the bubble only. */
  preview?: { url?: string; name?: string; text?: string }
}

/** One entry for each message: two tabs that wrote one list would write over each other. */
const PREFIX = 'outbox.'
const whole = `madoguchi.${PREFIX}`
const kept = new Set<string>()

export function store(pending: Pending): void {
  const plain = { ...pending, preview: { text: pending.preview?.text } }
  remember(PREFIX + pending.key, JSON.stringify(plain))
  if (recall(PREFIX + pending.key) !== null) kept.add(pending.key)
}

export function unstore(key: string): void {
  kept.delete(key)
  remember(PREFIX + key, null)
}

/** It was in the store and is not any more: another tab has sent or discarded it. */
export function isGone(key: string): boolean {
  return kept.has(key) && recall(PREFIX + key) === null
}

export function stored(): Pending[] {
  const found = storedKeys().map((key) => recallJson<Pending>(PREFIX + key))
  const sound = found.filter((each): each is Pending => typeof each?.body === 'object')
  for (const each of sound) kept.add(each.key)
  return sound.sort((a, b) => a.order - b.order)
}

function storedKeys(): string[] {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(whole))
    return names.map((name) => name.slice(whole.length))
  } catch {
    return []
  }
}

/** Calls back when another tab has changed the store. */
export function whenOthersStore(changed: () => void): void {
  addEventListener('storage', (event) => {
    if (event.key === null || event.key.startsWith(whole)) changed()
  })
}
