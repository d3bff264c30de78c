import { useQuery } from '@tanstack/vue-query'
import { onBeforeUnmount, onMounted, type Ref, watch, watchEffect } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { attend, getNotifications } from '@/api/calls'
import type { Conversation, Message } from '@/api/types'
import { serverNow } from '@/shared/clock'
import { t } from '@/shared/i18n'
import { onEvent } from '@/shared/live/live'
import { isQuiet, isWanted, kindOf } from '@/shared/notify/rules'
import { chime } from '@/shared/notify/sound'
import { keys, queryClient } from '@/shared/query'
import { myself, workspaceZone } from '@/shared/session'
import { say } from '@/shared/toast'

/** The message's own event comes before that of its conversation; both are there after this. */
const SETTLE_MS = 150
const ATTEND_EVERY_MS = 20_000
const IDLE_MS = 60_000

const isFront = () => document.visibilityState === 'visible' && document.hasFocus()

/** Tells within the page what its agent wants to hear of, but not of what is before their eyes. */
export function useTelling(conversationId: Ref<string | null>): void {
  const { data } = useQuery({ queryKey: keys.notifications, queryFn: getNotifications })

  const router = useRouter()
  const opening = (message: Message) => ({
    label: t('notify.open'),
    run: () => void router.push(`/inbox/all/${message.conversation_id}`),
  })
  function tell(message: Message): void {
    const settings = data.value?.settings
    const conversation = queryClient.getQueryData<Conversation>(
      keys.conversation(message.conversation_id),
    )
    const kind = kindOf(message, conversation, myself.value?.id ?? '')
    if (!settings || !kind || !isWanted(kind, message, conversation?.inbox_id, settings)) return
    if (isQuiet(settings, workspaceZone(), serverNow())) return
    if (isFront() && conversationId.value === message.conversation_id) return
    if (settings.sound) chime()
    const name = conversation?.contact.name || t('contact.nameless')
    // Asking has its own words, with the name of who asks.
    if (isFront() && kind !== 'asked') say(t(`notify.${kind}`, { name }), 'plain', opening(message))
  }
  const stop = onEvent((event) => {
    if (event.type === 'message.created') setTimeout(() => tell(event.data as Message), SETTLE_MS)
  })
  onBeforeUnmount(stop)
  useAttention(conversationId)
}

/** Says now and then what is looked at, so that no other device rings for it. */
function useAttention(conversationId: Ref<string | null>): void {
  let touched = Date.now()
  const touch = () => (touched = Date.now())
  const report = () => {
    if (isFront() && Date.now() - touched < IDLE_MS)
      attend(conversationId.value).catch(() => undefined)
  }
  const route = useRoute()
  watch(() => route.fullPath, touch)
  watch(conversationId, report)
  const timer = setInterval(report, ATTEND_EVERY_MS)
  onMounted(() => {
    report()
    for (const kind of ['pointerdown', 'keydown', 'wheel'])
      addEventListener(kind, touch, { passive: true })
    addEventListener('focus', report)
  })
  onBeforeUnmount(() => {
    clearInterval(timer)
    for (const kind of ['pointerdown', 'keydown', 'wheel']) removeEventListener(kind, touch)
    removeEventListener('focus', report)
  })
}

/** The number on the app's icon where there is one, a dot on the tab's. */
export function useBadge(waiting: Readonly<Ref<number>>): void {
  let plain = ''
  watchEffect(() => {
    const n = waiting.value
    void (n ? navigator.setAppBadge?.(n) : navigator.clearAppBadge?.())?.catch(() => undefined)
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (!link) return
    plain ||= link.href
    link.href = n ? DOTTED : plain
  })
}

const DOTTED = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#24508c"/><path d="M8 24V13a8 8 0 0 1 16 0v11M6 24h20" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round"/><circle cx="25" cy="7" r="7" fill="#e5484d"/></svg>',
)}`
