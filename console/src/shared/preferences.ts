import { computed } from 'vue'

import { changePreferences } from '@/api/calls'
import type { Preferences } from '@/api/types'

import { me } from './session'
import { sayError } from './toast'

const UNCHOSEN: Preferences = { send_key: 'enter', undo_send: true, signature: '' }

/** What the agent chose for themselves. */
export const preferences = computed<Preferences>(() => me.value?.preferences ?? UNCHOSEN)

/** Shown at once; taken back when the server does not agree. */
export async function setPreferences(change: Partial<Preferences>): Promise<void> {
  const before = preferences.value
  put({ ...before, ...change })
  try {
    put(await changePreferences(change))
  } catch (error) {
    put(before)
    sayError(error)
  }
}

function put(value: Preferences): void {
  if (me.value) me.value = { ...me.value, preferences: value }
}
