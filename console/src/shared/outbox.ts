import { reactive, toRaw } from 'vue'

import { sendMessage } from '@/api/calls'
import { ApiError, isPassing } from '@/api/client'
import type { Message, SendBody } from '@/api/types'

import { applyMessage } from './live/apply'
import { backOff } from './live/sequence'
import { isGone, type Pending, store, stored, unstore, whenOthersStore } from './outboxStore'
import { preferences } from './preferences'
import { queryClient } from './query'
import { myself } from './session'

export type { Pending } from './outboxStore'

/** What could not leave is tried again although nobody noticed a cut: a tired server, a limit, a tab that died. */
const AGAIN_MS = 5000

const all = reactive<Pending[]>(stored())
const draining = new Set<string>()
let failures = 0
let again: ReturnType<typeof setTimeout> | undefined
whenOthersStore(sync)

const agentId = () => myself.value?.id ?? ''
const mine = () => all.filter((pending) => pending.agentId === agentId())

export function pendingOf(conversationId: string): Pending[] {
  return mine().filter((pending) => pending.conversationId === conversationId)
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
    agentId: agentId(),
    conversationId,
    body: { ...body, ...timing(body, context.sendAt), claim: context.claim },
    at: context.at,
    order: Math.max(Date.now(), (all.at(-1)?.order ?? 0) + 1),
    afterId: context.afterId,
    state: 'sending',
    preview: context.preview,
  }
  all.push(pending)
  store(pending)
  void drain(conversationId)
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
    unstore(pending.key)
    pending.key = crypto.randomUUID()
    if (claim !== undefined) pending.body.claim = claim
  }
  settle(pending, 'sending')
  void drain(pending.conversationId)
}

export function discard(key: string): void {
  forget(key)
  unstore(key)
}

/** After the line was down: what could not leave, leaves now; also what a tab that is gone left behind. */
export function retryUnsent(): void {
  sync()
  for (const pending of mine()) {
    if (pending.state === 'unsent') settle(pending, 'sending')
    if (pending.state === 'sending') void drain(pending.conversationId)
  }
}

/** What other tabs wrote, sent and discarded meanwhile. */
function sync(): void {
  for (const pending of [...all]) if (isGone(pending.key)) forget(pending.key)
  for (const each of stored()) {
    const known = find(each.key)
    if (known) Object.assign(known, { state: each.state, problem: each.problem })
    else all.push(each)
  }
  all.sort((a, b) => a.order - b.order)
}

/** One at a time per conversation, whichever tab they were written in, so that quick messages keep their order. */
async function drain(conversationId: string): Promise<void> {
  if (draining.has(conversationId)) return
  draining.add(conversationId)
  await alone(`madoguchi.outbox.${conversationId}`, async () => {
    sync()
    for (;;) {
      const next = pendingOf(conversationId).find((pending) => pending.state === 'sending')
      if (!next || !(await deliver(next))) break
    }
    // Here and not after the lock: what is written from now on begins a line of its own.
    draining.delete(conversationId)
  })
}

/** Only one tab of this browser at a time; where the browser has no locks (plain http), the key still prevents doubles. */
async function alone(name: string, work: () => Promise<void>): Promise<void> {
  if ('locks' in navigator) await navigator.locks.request(name, work)
  else await work()
}

/** False: it could not leave, and what was written after it waits with it. */
async function deliver(pending: Pending): Promise<boolean> {
  const { key } = pending
  try {
    const message = await sendMessage(pending.conversationId, toRaw(pending.body), key)
    applyMessage(queryClient, message, true)
    discard(key)
    failures = 0
    return true
  } catch (error) {
    if (isRefusal(error)) {
      pending.problem = error.problem
      settle(pending, 'refused')
      return true
    }
    for (const each of pendingOf(pending.conversationId))
      if (each.state === 'sending') settle(each, 'unsent')
    tryLater()
    return false
  }
}

function isRefusal(error: unknown): error is ApiError {
  return error instanceof ApiError && !isPassing(error) && ![401, 429].includes(error.status)
}

function tryLater(): void {
  again ??= setTimeout(
    () => {
      again = undefined
      retryUnsent()
    },
    AGAIN_MS + backOff(failures),
  )
  failures += 1
}

function settle(pending: Pending, state: Pending['state']): void {
  pending.state = state
  if (state === 'sending') delete pending.problem
  store(pending)
}

function find(key: string): Pending | undefined {
  return all.find((pending) => pending.key === key)
}

function forget(key: string): void {
  const at = all.findIndex((pending) => pending.key === key)
  if (at >= 0) all.splice(at, 1)
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
