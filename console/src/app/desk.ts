import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import {
  assignConversation,
  claimConversation,
  setConversationLabels,
  setConversationStatus,
  type StatusChange,
} from '@/api/calls'
import type { Conversation } from '@/api/types'
import { t } from '@/shared/i18n'
import { closeWith } from '@/shared/closing/closing'
import { useActions } from '@/shared/keys/actions'
import { helpOpen, type PalettePage, palettePage } from '@/shared/keys/palette'
import { changeConversation } from '@/shared/live/live'
import { keys, queryClient } from '@/shared/query'
import { maySupervise, myself } from '@/shared/session'
import { say, sayError } from '@/shared/toast'

/** What the keyboard and the palette do with the conversation in the address. */
export function useDesk() {
  const route = useRoute()
  const id = computed(() => {
    const asked = route.params.conversationId
    return typeof asked === 'string' && asked ? asked : null
  })
  const current = () =>
    id.value ? queryClient.getQueryData<Conversation>(keys.conversation(id.value)) : undefined

  const change = (call: (found: Conversation) => Promise<Conversation>, done = '') => {
    const found = current()
    if (!found) return
    changeConversation(() => call(found))
      .then(() => done && say(done))
      .catch(sayError)
  }
  const claim = () => change((found) => claimConversation(found.id))
  const setStatus = (wanted: StatusChange) =>
    change(
      (found) => setConversationStatus(found.id, wanted),
      t(`conversation.done.${wanted.status}`),
    )
  const toggleClosed = () => {
    const asked = id.value
    if (current()?.status === 'closed') setStatus({ status: 'open' })
    else if (current())
      void closeWith((reason) => {
        if (id.value === asked) setStatus({ status: 'closed', reason })
      })
  }
  const assign = (agentId: string | null) =>
    change((found) => {
      const theirs = found.assignee !== null && found.assignee.id !== myself.value?.id
      return assignConversation(found.id, agentId, theirs && maySupervise.value)
    })
  const toggleLabel = (name: string) =>
    change((found) => {
      const left = found.labels.filter((each) => each !== name)
      const wanted = left.length < found.labels.length ? left : [...left, name]
      return setConversationLabels(found.id, wanted)
    })
  return { id, current, claim, setStatus, toggleClosed, assign, toggleLabel }
}

export type Desk = ReturnType<typeof useDesk>

/** What can be done from anywhere; the places on the screen add their own (`useActions`). */
export function useDeskActions(desk: Desk): void {
  const router = useRouter()
  const list = (view: string) => () => void router.push({ name: 'inbox', params: { view } })
  const ask = (page: PalettePage) => () => {
    if (page === 'root' || desk.current()) palettePage.value = page
  }
  useActions({
    palette: ask('root'),
    help: () => (helpOpen.value = true),
    goMine: list('mine'),
    goUnassigned: list('unassigned'),
    goAll: list('all'),
    goContacts: () => void router.push({ name: 'contacts' }),
    goSettings: () => void router.push({ name: 'settings' }),
    claim: desk.claim,
    close: desk.toggleClosed,
    assign: ask('assign'),
    labels: ask('labels'),
    snooze: ask('snooze'),
  })
}
