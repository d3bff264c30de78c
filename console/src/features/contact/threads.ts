import { mergeConversation, unmergeConversation } from '@/api/calls'
import type { Conversation } from '@/api/types'
import { t } from '@/shared/i18n'
import { applyConversation } from '@/shared/live/apply'
import { keys, queryClient } from '@/shared/query'
import { say, sayError } from '@/shared/toast'

/** Makes the other thread a part of this one; what can be taken back at once is not asked about before. */
export async function joinThreads(other: Conversation, here: Conversation): Promise<void> {
  try {
    applyConversation(queryClient, await mergeConversation(other.id, here.id))
    refresh(here)
    const subject = other.subject || t('letter.noSubject')
    say(t('merge.joined', { subject }), 'plain', {
      label: t('merge.undo'),
      run: () => void partThreads(other.id, here),
    })
  } catch (problem) {
    sayError(problem)
  }
}

export async function partThreads(id: string, here: Conversation): Promise<void> {
  try {
    const apart = await unmergeConversation(id)
    applyConversation(queryClient, apart)
    refresh(here)
    say(t('merge.parted', { subject: apart.subject || t('letter.noSubject') }))
  } catch (problem) {
    sayError(problem)
  }
}

function refresh(here: Conversation): void {
  void queryClient.invalidateQueries({ queryKey: keys.conversation(here.id) })
  void queryClient.invalidateQueries({ queryKey: keys.thread(here.id) })
  void queryClient.invalidateQueries({ queryKey: keys.contactConversations(here.contact.id) })
}
