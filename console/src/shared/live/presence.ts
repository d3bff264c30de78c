import { computed, onScopeDispose, reactive, type Ref, ref, watch } from 'vue'

import { myself } from '@/shared/session'

/** Who looks at which conversation. Not part of the sequence of changes: what is not said again is forgotten. */
export interface Presence {
  tab: string
  agent: { id: string; name: string }
  conversation_id: string | null
  typing: boolean
}

export const SAY_AGAIN_MS = 10_000
export const FORGET_MS = 25_000
const STOPPED_MS = 4000

type Heard = Presence & { at: number }
const tabs = reactive(new Map<string, Heard>())

export function hearPresence(presence: Presence, at = Date.now()): void {
  if (presence.conversation_id === null) tabs.delete(presence.tab)
  else tabs.set(presence.tab, { ...presence, at })
}

export function forgetOld(now = Date.now()): void {
  for (const [tab, heard] of tabs) if (now - heard.at > FORGET_MS) tabs.delete(tab)
}

/** Other agents in the conversation, each once; writing if any of their tabs is. */
export function othersIn(conversationId: string, me: string | undefined): Presence[] {
  const found = new Map<string, Presence>()
  for (const heard of tabs.values()) {
    if (heard.conversation_id !== conversationId || heard.agent.id === me) continue
    const known = found.get(heard.agent.id)
    if (!known || heard.typing) found.set(heard.agent.id, heard)
  }
  return [...found.values()].sort((a, b) => a.agent.name.localeCompare(b.agent.name))
}

export function useOthers(conversationId: Ref<string>) {
  const others = computed(() => othersIn(conversationId.value, myself.value?.id))
  return { others, writing: computed(() => others.value.filter((each) => each.typing)) }
}

/** What this tab says of itself; the socket asks for it whenever it opens. */
const shown = ref<{ conversation_id: string | null; typing: boolean }>({
  conversation_id: null,
  typing: false,
})
export const ownPresence = () => JSON.stringify({ type: 'presence', data: shown.value })

let stopped: ReturnType<typeof setTimeout> | undefined
export function iAmTyping(): void {
  clearTimeout(stopped)
  stopped = setTimeout(() => (shown.value = { ...shown.value, typing: false }), STOPPED_MS)
  if (!shown.value.typing) shown.value = { ...shown.value, typing: true }
}

/** Says which conversation this tab shows, as long as somebody can see it. */
export function useOwnPresence(conversationId: Ref<string>, say: (text: string) => void): void {
  function look() {
    clearTimeout(stopped)
    const seen = document.visibilityState === 'visible'
    shown.value = { conversation_id: seen ? conversationId.value : null, typing: false }
  }
  watch(conversationId, look, { immediate: true })
  watch(shown, () => say(ownPresence()), { immediate: true })
  document.addEventListener('visibilitychange', look)
  const timer = setInterval(() => {
    forgetOld()
    if (shown.value.conversation_id) say(ownPresence())
  }, SAY_AGAIN_MS)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', look)
    shown.value = { conversation_id: null, typing: false }
    say(ownPresence())
  })
}
