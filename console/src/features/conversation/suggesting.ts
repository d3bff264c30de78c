import { computed, type Ref, ref, watch } from 'vue'

import type { Agent, QuickReply } from '@/api/types'

import { inComposition } from './ime'
import { matchAgents, matchReplies, triggerAt, type Trigger } from './suggest'

export interface Suggestion {
  id: string
  name: string
  text: string
  group: string
  files?: number
  reply?: QuickReply
}

const MOST = 50

/** The list that opens while an `@` or a `/` is being typed, and its keys. */
export function useSuggestions(
  text: Ref<string>,
  box: Ref<HTMLTextAreaElement | null>,
  sources: {
    signs: Readonly<Ref<string>>
    agents: Readonly<Ref<Agent[]>>
    replies: Readonly<Ref<QuickReply[]>>
  },
  pick: (suggestion: Suggestion, trigger: Trigger, caret: number) => void,
) {
  const caret = ref(0)
  const at = ref(0)
  /** Escape closes the list until another sign is typed. */
  const closedFrom = ref<number | null>(null)

  const trigger = computed(() => triggerAt(text.value, caret.value, sources.signs.value))
  const items = computed<Suggestion[]>(() => {
    const now = trigger.value
    if (!now) return []
    return (
      now.sign === '@'
        ? matchAgents(sources.agents.value, now.query).map(ofAgent)
        : matchReplies(sources.replies.value, now.query).map(ofReply)
    ).slice(0, MOST)
  })
  const teaches = computed(
    () =>
      trigger.value?.sign === '/' && trigger.value.query === '' && !sources.replies.value.length,
  )
  const open = computed(
    () =>
      trigger.value !== null &&
      trigger.value.from !== closedFrom.value &&
      (items.value.length > 0 || teaches.value),
  )
  watch(
    () => trigger.value?.from,
    (from) => {
      if (from !== closedFrom.value) closedFrom.value = null
    },
  )
  watch(items, () => (at.value = 0))

  function follow() {
    caret.value = box.value?.selectionStart ?? text.value.length
  }

  function choose(index: number) {
    const suggestion = items.value[index]
    if (suggestion && trigger.value) pick(suggestion, trigger.value, caret.value)
  }

  /** True when the key was the list's and not the box's. */
  function onKey(event: KeyboardEvent): boolean {
    if (!open.value || inComposition(event) || event.ctrlKey || event.metaKey || event.altKey)
      return false
    if (event.key === 'Escape') closedFrom.value = trigger.value?.from ?? null
    else if (!items.value.length || event.shiftKey) return false
    else if (event.key === 'ArrowDown') at.value = (at.value + 1) % items.value.length
    else if (event.key === 'ArrowUp')
      at.value = (at.value + items.value.length - 1) % items.value.length
    else if (event.key === 'Enter' || event.key === 'Tab') choose(at.value)
    else return false
    event.preventDefault()
    event.stopPropagation()
    return true
  }

  return { open, items, at, follow, choose, onKey, trigger }
}

const ofAgent = (agent: Agent): Suggestion => ({
  id: agent.id,
  name: agent.name,
  text: '',
  group: '',
})

const ofReply = (reply: QuickReply): Suggestion => ({
  id: reply.id,
  name: `/${reply.shortcut}`,
  text: reply.text.replaceAll(/\s+/gu, ' '),
  group: reply.folder,
  files: reply.files.length,
  reply,
})
