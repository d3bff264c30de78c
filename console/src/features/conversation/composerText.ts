import { computed, onScopeDispose, type Ref, ref, watch } from 'vue'

import { readDraft, writeDraft } from '@/shared/drafts'
import {
  type Choice,
  chooseDraft,
  compareDraft,
  draftsAskedAt,
  noteKey,
  otherDraft,
  saveDraft,
  useDrafts,
  whenDraftChanges,
} from '@/shared/serverDrafts'
import { ownId } from '@/shared/session'

/** What is being written: an answer or a note, each with its own draft, kept here and (answers) on the server. */
export function useComposerText(id: Ref<string>) {
  const text = ref('')
  /** A note to colleagues may be written whoever has the conversation and whatever the window says. */
  const noting = ref(false)
  const draftKey = computed(() => (noting.value ? noteKey(id.value) : id.value))
  const { data: drafts, dataUpdatedAt: draftsAt, refetch: askForDrafts } = useDrafts()

  watch(id, () => (noting.value = false))
  // At once: what is given back to the box joins the text that is there then.
  watch([draftKey, ownId], ([now]) => (text.value = readDraft(now)), {
    immediate: true,
    flush: 'sync',
  })
  onScopeDispose(
    whenDraftChanges((key, now) => {
      if (key === draftKey.value) text.value = now
    }),
  )
  watch(id, () => void askForDrafts())
  watch(
    [id, drafts, draftsAt],
    () => drafts.value && compareDraft(id.value, drafts.value, draftsAskedAt()),
    { immediate: true },
  )
  watch(text, (now) => {
    if (now === readDraft(draftKey.value)) return
    writeDraft(draftKey.value, now)
    if (!noting.value) saveDraft(id.value, now)
  })
  const other = computed(() => otherDraft(draftKey.value)?.text)
  function choose(choice: Choice): void {
    const left = chooseDraft(draftKey.value, choice)
    writeDraft(draftKey.value, left)
    if (!noting.value) saveDraft(id.value, left)
    text.value = left
  }
  return { text, noting, other, choose }
}
