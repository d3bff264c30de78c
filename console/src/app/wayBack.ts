import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'

import { listQueryOf } from '@/features/inbox/filter'
import { isNarrow } from '@/shared/screen'

/**
 * What lies under the screen of a phone: the conversation under its contact, the list under a conversation, a contact,
 * a company or a section of the settings. Null where nothing does.
 */
export function useWayBack() {
  const route = useRoute()
  const router = useRouter()
  return computed<(() => void) | null>(() => {
    if (!isNarrow.value) return null
    const { conversationId, contactId, companyId, section, view } = route.params
    if (route.query.panel) return () => router.back()
    if (conversationId) {
      const list = { name: 'inbox', params: { view }, query: listQueryOf(route.query) }
      return () => void router.push(list)
    }
    if (!contactId && !companyId && !section) return null
    return () => void router.push({ name: route.name, params: {} })
  })
}
