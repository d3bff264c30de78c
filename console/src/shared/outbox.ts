import { reactive, toRaw } from 'vue'

import { sendMessage } from '@/api/calls'
import { ApiError, isPassing } from '@/api/client'
import type { Message, Problem, SendBody, SendRequest } from '@/api/types'

import { applyMessage } from './live/apply'
import { preferences } from './preferences'
import { queryClient } from './query'
import { recallJson, remember } from './storage'

/** A message that the server has not confirmed. `key` is its Idempotency-Key: retries cannot double it. */
export interface Pending {
  key: string
  conversationId: string
  body: SendRequest
  at: string
  /** Newest message of the thread when it was written; only a later one can be its echo. */
  afterId: string | null
  state: 'sending' | 'unsent' | 'refused'
  problem?: Problem
  /** Local picture or rendered text, for the bubble only. */
  preview?: { url?: string; name?: string; text?: string }
}

const STORE = 'outbox'
const all = reactive<Pending[]>(restore())
const lines = new Map<string, Promise<void>>()

export function pendingOf(conversationId: string): Pending[] {
  return all.filter((pending) => pending.conversationId === conversationId)
}

export function hasPending(): boolean {
  return all.length > 0
}

export function enqueue(
  conversationId: string,
  body: SendBody & { reply_to?: string },
  context: {
    claim: number
    at: string
    afterId: string | null
    preview?: Pending['preview']
    sendAt?: string
  },
): string {
  const pending: Pending = {
    key: crypto.randomUUID(),
    conversationId,
    body: { ...body, ...timing(body, context.sendAt), claim: context.claim },
    at: context.at,
    afterId: context.afterId,
    state: 'sending',
    preview: context.preview,
  }
  all.push(pending)
  keep()
  inLine(pending.key, conversationId)
  return pending.key
}

/** Seconds in which what was sent can be taken back. */
const UNDO_SECONDS = 5

function timing(body: SendBody, sendAt?: string): { send_at?: string; hold?: number } {
  if (body.type === 'note') return {}
  if (sendAt) return { send_at: sendAt }
  return preferences.value.undo_send ? { hold: UNDO_SECONDS } : {}
}

/** Same key: if the first try did arrive, the server answers with that message. */
export function retry(key: string, claim?: number): void {
  const pending = find(key)
  if (!pending || pending.state === 'sending') return
  if (pending.state === 'refused') {
    // The server decided against the old key; a new decision needs a new one.
    pending.key = crypto.randomUUID()
    if (claim !== undefined) pending.body.claim = claim
  }
  pending.state = 'sending'
  delete pending.problem
  keep()
  inLine(pending.key, pending.conversationId)
}

export function discard(key: string): void {
  const at = all.findIndex((pending) => pending.key === key)
  if (at >= 0) all.splice(at, 1)
  keep()
}

/** After the line was down: what could not leave, leaves now. */
export function retryUnsent(): void {
  for (const pending of [...all]) if (pending.state === 'unsent') retry(pending.key)
}

/** One at a time per conversation, so that two quick messages keep their order. */
function inLine(key: string, conversationId: string): void {
  const before = lines.get(conversationId) ?? Promise.resolve()
  const mine = before.then(() => deliver(key))
  lines.set(conversationId, mine)
}

async function deliver(key: string): Promise<void> {
  const pending = find(key)
  if (!pending) return
  try {
    const message = await sendMessage(pending.conversationId, toRaw(pending.body), key)
    applyMessage(queryClient, message, true)
    discard(key)
  } catch (error) {
    settleFailure(pending, error)
    keep()
  }
}

function settleFailure(pending: Pending, error: unknown): void {
  if (error instanceof ApiError && !isPassing(error) && error.status !== 401) {
    pending.state = error.status === 429 ? 'unsent' : 'refused'
    pending.problem = error.problem
  } else {
    pending.state = 'unsent'
  }
}

function find(key: string): Pending | undefined {
  return all.find((pending) => pending.key === key)
}

function keep(): void {
  const plain = all.map(({ preview, ...rest }) => ({ ...rest, preview: { text: preview?.text } }))
  remember(STORE, plain.length ? JSON.stringify(plain) : null)
}

/** What was on its way when the page closed has an unknown fate: offered again under its old key. */
function restore(): Pending[] {
  const stored = recallJson<Pending[]>(STORE)
  if (!Array.isArray(stored)) return []
  return stored.map((p) => (p.state === 'sending' ? { ...p, state: 'unsent' as const } : p))
}

/**
 * Pending bubbles that have no message on the screen yet. The event of a send can overtake its
 * answer; then the newest own message with the same content is taken for it, each message once.
 */
export function withoutEcho(pending: Pending[], thread: Message[], agentId: string): Pending[] {
  const taken = new Set<string>()
  return pending.filter((mine) => {
    if (mine.state !== 'sending') return true
    const echo = thread.find((message) => !taken.has(message.id) && isEcho(mine, message, agentId))
    if (echo) taken.add(echo.id)
    return !echo
  })
}

function isEcho(mine: Pending, message: Message, agentId: string): boolean {
  if ((mine.body.send_at !== undefined) !== (message.schedule?.kind === 'scheduled')) return false
  if (message.direction !== 'out' || message.author.id !== agentId) return false
  if (message.type !== mine.body.type || (mine.afterId && message.id <= mine.afterId)) return false
  if (mine.body.type === 'text' || mine.body.type === 'note') return message.text === mine.body.text
  if (mine.body.type === 'template') return message.data.template?.name === mine.body.template.name
  return true
}
