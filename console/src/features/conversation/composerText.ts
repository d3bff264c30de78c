import { computed, type Ref, ref, watch } from 'vue'

import { readDraft, writeDraft } from '@/shared/drafts'
import { restoreDraft, saveDraft, useDrafts } from '@/shared/serverDrafts'

/** What is being written: an answer or a note, each with its own draft, kept here and (answers) on the server. */
export function useComposerText(id: Ref<string>) {
  const text = ref('')
  /** A note to colleagues may be written whoever has the conversation and whatever the window says. */
  const noting = ref(false)
  const draftKey = computed(() => (noting.value ? `${id.value}.note` : id.value))
  const { texts: drafts, refetch: askForDrafts } = useDrafts()

  watch(id, () => (noting.value = false))
  watch(draftKey, (now) => (text.value = readDraft(now)), { immediate: true })
  watch(id, () => void askForDrafts())
  watch(
    [id, drafts],
    () => {
      const restored = restoreDraft(id.value, drafts.value)
      if (restored !== null && !noting.value) text.value = restored
    },
    { immediate: true },
  )
  watch(text, (now) => {
    writeDraft(draftKey.value, now)
    if (!noting.value) saveDraft(id.value, now)
  })
  return { text, noting }
}
