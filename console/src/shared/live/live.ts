import { computed, ref } from 'vue'

import { getMe } from '@/api/calls'
import { ApiError } from '@/api/client'
import type { Conversation } from '@/api/types'
import { clockMoved, setServerTime } from '@/shared/clock'
import { keys, queryClient } from '@/shared/query'
import { me } from '@/shared/session'

import { applyConversation, applyEvent, type LiveEvent } from './apply'
import { Journal } from './journal'
import { hearPresence, ownPresence, type Presence } from './presence'
import { backOff, Sequence } from './sequence'

const CLOSE_SIGNED_OUT = 4401
const CLOSE_TOO_OLD = 4409
/** The server sends its clock every 5 s; three of them missing means the line is dead. */
const SILENCE_MS = 16_000

export type LiveState = 'off' | 'connecting' | 'live'
const state = ref<LiveState>('off')
/** True when what is on the screen may be old; the composer says so. */
export const behind = computed(() => state.value === 'connecting')

const journal = new Journal(queryClient)
const sequence = new Sequence(0)
const watchers = new Set<(event: LiveEvent) => void>()
const returns = new Set<() => void>()

let socket: WebSocket | null = null
let attempt = 0
let target = 0
let retryTimer: ReturnType<typeof setTimeout> | undefined
let silenceTimer: ReturnType<typeof setTimeout> | undefined
let countsTimer: ReturnType<typeof setTimeout> | undefined
let signedOut: () => void = () => undefined

/** Lost when the line is down; it is said again when it is up. */
export function sayPresence(text: string): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(text)
}

export function startLive(since: number, onSignedOut: () => void): void {
  stopLive()
  signedOut = onSignedOut
  sequence.restart(since)
  attempt = 0
  window.addEventListener('online', reconnectNow)
  document.addEventListener('visibilitychange', onVisible)
  connect()
}

export function stopLive(): void {
  state.value = 'off'
  clearTimeout(retryTimer)
  clearTimeout(silenceTimer)
  window.removeEventListener('online', reconnectNow)
  document.removeEventListener('visibilitychange', onVisible)
  const old = socket
  socket = null
  old?.close()
}

/** Calls back for every new event, e.g. to announce a message. Returns how to stop. */
export function onEvent(watcher: (event: LiveEvent) => void): () => void {
  watchers.add(watcher)
  return () => watchers.delete(watcher)
}

/** Calls back each time the line is up again after it was down. */
export function onReturn(callback: () => void): () => void {
  returns.add(callback)
  return () => returns.delete(callback)
}

function connect(): void {
  state.value = 'connecting'
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const mine = new WebSocket(
    `${scheme}//${location.host}/api/v1/live?since=${sequence.seen}&clock=1&presence=1`,
  )
  socket = mine
  mine.onmessage = (event) => mine === socket && receive(String(event.data))
  mine.onclose = (event) => mine === socket && closed(event.code)
  expectSound()
}

function receive(text: string): void {
  expectSound()
  const frame = JSON.parse(text) as LiveEvent & { data: { seq?: number; now?: string } }
  if (frame.type === 'clock' || frame.type === 'hello') return receiveClock(frame)
  if (frame.type === 'presence') return hearPresence(frame.data as Presence)
  const verdict = sequence.judge(frame.seq)
  if (verdict === 'gap') return reconnectNow()
  if (verdict === 'skip') return
  journal.add(frame)
  applyEvent(queryClient, frame)
  if (frame.type.startsWith('conversation.')) refreshCounts()
  for (const watcher of watchers) watcher(frame)
  if (sequence.seen >= target) caughtUp()
}

function receiveClock(frame: { type: string; data: { seq?: number; now?: string } }): void {
  if (frame.data.now) setServerTime(frame.data.now)
  clockMoved()
  if (frame.type !== 'hello') return
  sayPresence(ownPresence())
  target = frame.data.seq ?? 0
  if (sequence.seen >= target) caughtUp()
}

function caughtUp(): void {
  if (state.value === 'live') return
  state.value = 'live'
  attempt = 0
  refreshCounts()
  for (const callback of returns) callback()
}

function closed(code: number): void {
  socket = null
  state.value = 'connecting'
  if (code === CLOSE_SIGNED_OUT) return void checkSession()
  if (code === CLOSE_TOO_OLD) return void startOver()
  retryLater()
}

function retryLater(): void {
  clearTimeout(retryTimer)
  retryTimer = setTimeout(connect, backOff(attempt))
  attempt += 1
}

function reconnectNow(): void {
  const old = socket
  socket = null
  old?.close()
  clearTimeout(retryTimer)
  connect()
}

function onVisible(): void {
  if (document.visibilityState === 'visible' && state.value === 'connecting') reconnectNow()
}

function expectSound(): void {
  clearTimeout(silenceTimer)
  silenceTimer = setTimeout(reconnectNow, SILENCE_MS)
}

/** Our place in the sequence is gone: take a new one first, then fetch, so that no change falls between. */
async function startOver(): Promise<void> {
  try {
    const answer = await getMe()
    me.value = answer
    sequence.restart(answer.seq)
    await queryClient.invalidateQueries()
    connect()
  } catch {
    retryLater()
  }
}

/** A closed socket alone is no proof: the session is asked before the agent is sent away. */
async function checkSession(): Promise<void> {
  try {
    me.value = await getMe()
    retryLater()
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) signedOut()
    else retryLater()
  }
}

/** At most twice a second, however fast events come. */
function refreshCounts(): void {
  countsTimer ??= setTimeout(() => {
    countsTimer = undefined
    void queryClient.invalidateQueries({ queryKey: keys.counts })
  }, 400)
}

/**
 * Runs a change of a conversation and shows its answer at once, unless an event has told something
 * newer about the same conversation meanwhile.
 */
export async function changeConversation(
  call: () => Promise<Conversation | undefined>,
): Promise<Conversation | undefined> {
  const mark = journal.mark
  const answer = await call()
  if (answer?.id && answer.window) {
    const overtaken = journal
      .since(mark)
      .some((event) => (event.data as { id?: string }).id === answer.id)
    if (!overtaken) applyConversation(queryClient, answer)
    refreshCounts()
  }
  return answer
}
