import { ref } from 'vue'

import { getMe, signOut } from '@/api/calls'
import { ApiError, whenSignedOut } from '@/api/client'
import { getSetUp } from '@/api/setup'
import { setServerTime } from '@/shared/clock'
import { onReturn, startLive, stopLive } from '@/shared/live/live'
import { beSilentHere, forgetHere } from '@/shared/notify/device'
import { retryUnsent } from '@/shared/outbox'
import { queryClient } from '@/shared/query'
import { me } from '@/shared/session'
import { leaveDrafts } from '@/shared/serverDrafts'
import { recall, remember } from '@/shared/storage'

/** `asking` until the server told who we are; `new`: nobody can be, there is no workspace yet; `ended` is a session that was there and is gone. */
export type SessionState = 'asking' | 'new' | 'signed-out' | 'ended' | 'signed-in'
export const session = ref<SessionState>('asking')

const RETRY_MS = 2000

/** Finds out who is signed in; waits for a server that is not reachable yet. */
export async function openSession(): Promise<void> {
  try {
    const answer = await getMe()
    enter(answer)
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) {
      if (session.value === 'asking') session.value = (await isNew()) ? 'new' : 'signed-out'
    } else {
      setTimeout(() => void openSession(), RETRY_MS)
    }
  }
}

async function isNew(): Promise<boolean> {
  return getSetUp().then(
    ({ needed }) => needed,
    () => false,
  )
}

function enter(answer: Awaited<ReturnType<typeof getMe>>): void {
  // A shared computer: the next agent must not see the last one's lists for a moment, nor hear of their customers.
  if (recall('agent') !== answer.agent.id) {
    queryClient.clear()
    void forgetHere().catch(() => undefined)
  }
  remember('agent', answer.agent.id)
  remember('workspace', answer.workspace.name)
  remember('logo', answer.workspace.logo ?? null)
  remember('email', answer.agent.email)
  me.value = answer
  setServerTime(answer.now)
  session.value = 'signed-in'
  void queryClient.invalidateQueries()
  startLive(answer.seq, endSession)
  retryUnsent()
}

/** Back to the sign-in; drafts and unsent messages stay where they are. */
function endSession(): void {
  if (session.value === 'signed-in') session.value = 'ended'
  stopLive()
}

export async function leave(): Promise<void> {
  await leaveDrafts().catch(() => undefined)
  await beSilentHere().catch(() => undefined)
  try {
    await signOut()
  } finally {
    stopLive()
    queryClient.clear()
    me.value = null
    session.value = 'signed-out'
  }
}

whenSignedOut(endSession)
onReturn(retryUnsent)
