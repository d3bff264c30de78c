import { ref, type Ref } from 'vue'

import { countQuickReply, getContact } from '@/api/calls'
import type { Conversation, Media, QuickReply } from '@/api/types'
import { fillIn, missingIn, needsContact, valuesOf } from '@/shared/quickReplies/fill'
import { keys, queryClient } from '@/shared/query'
import { me, myself } from '@/shared/session'

/** A quick reply on its way into the box: what is known is filled in, what is missing is asked first. */
export function useQuickReply(
  conversation: Ref<Conversation>,
  put: (words: string, from: number, to: number) => void,
  borrow: (files: Media[]) => void,
) {
  const missing = ref<string[]>([])
  const asking = ref(false)
  let waiting: ((given: Record<string, string>) => void) | null = null

  async function pick(reply: QuickReply, from: number, to: number): Promise<void> {
    const asked = conversation.value.id
    const values = await known(reply.text)
    const insert = (given: Record<string, string>) => {
      // Another conversation is open by now: these are not its contact's words.
      if (conversation.value.id !== asked) return
      put(fillIn(reply.text, { ...values, ...given }), from, to)
      borrow(reply.files)
      countQuickReply(reply.id).catch(() => undefined)
    }
    missing.value = missingIn(reply.text, values)
    if (missing.value.length === 0) return insert({})
    waiting = insert
    asking.value = true
  }

  async function known(text: string): Promise<Record<string, string>> {
    const { contact } = conversation.value
    const facts = {
      contact: contact.name,
      agent: myself.value?.name ?? '',
      business: me.value?.workspace.name ?? '',
    }
    if (!needsContact(text)) return valuesOf(facts)
    const found = await queryClient
      .fetchQuery({
        queryKey: keys.contact(contact.id),
        queryFn: () => getContact(contact.id),
        retry: false,
      })
      .catch(() => null)
    return valuesOf(facts, (found?.attributes ?? {}) as Record<string, unknown>)
  }

  return { missing, asking, pick, filled: (given: Record<string, string>) => waiting?.(given) }
}
