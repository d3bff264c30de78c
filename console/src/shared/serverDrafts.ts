import { useQuery } from '@tanstack/vue-query'
import { computed } from 'vue'

import { dropDraft, keepDraft, listDrafts } from '@/api/calls'
import type { Draft } from '@/api/types'
import { readDraft, writeDraft } from '@/shared/drafts'
import { keys, queryClient } from '@/shared/query'
import { recall, remember } from '@/shared/storage'

const PAUSE = 1000

/** What this browser and the server last agreed on: tells which of two texts is the newer. */
const agreedKey = (id: string) => `draft.agreed.${id}`
const timers = new Map<string, ReturnType<typeof setTimeout>>()

/** The agent's drafts everywhere; asked again when a list or a composer opens. */
export function useDrafts() {
  const query = useQuery({ queryKey: keys.drafts, queryFn: listDrafts, staleTime: 5000 })
  const texts = computed(
    () => new Map((query.data.value ?? []).map((draft) => [draft.conversation_id, draft.text])),
  )
  return { ...query, texts }
}

/** Which text to go on with; null: the one that is here. */
export function newer(here: string, agreed: string, there: string): string | null {
  return here === agreed && there !== here ? there : null
}

/** Takes over what was typed on another screen, unless something newer was typed on this one. */
export function restoreDraft(id: string, drafts: Map<string, string>): string | null {
  if (timers.has(id)) return null
  const text = newer(readDraft(id), recall(agreedKey(id)) ?? '', drafts.get(id) ?? '')
  if (text === null) return null
  agree(id, text)
  writeDraft(id, text)
  return text
}

/** Saved when the typing pauses; what was sent or emptied goes at once. */
export function saveDraft(id: string, text: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
  if (text === (recall(agreedKey(id)) ?? '')) return
  if (text === '') return void save(id, text)
  timers.set(
    id,
    setTimeout(() => void save(id, text), PAUSE),
  )
}

async function save(id: string, text: string): Promise<void> {
  timers.delete(id)
  try {
    await (text === '' ? dropDraft(id) : keepDraft(id, text))
    await note(id, text)
    agree(id, text)
  } catch {
    // It stays in this browser; the next key saves it again.
  }
}

function agree(id: string, text: string): void {
  remember(agreedKey(id), text === '' ? null : text)
}

/** A list that was asked for before the save must not bring back what was just sent. */
async function note(id: string, text: string): Promise<void> {
  const asking = queryClient.isFetching({ queryKey: keys.drafts }) > 0
  if (asking) await queryClient.cancelQueries({ queryKey: keys.drafts })
  queryClient.setQueryData<Draft[]>(keys.drafts, (known) => {
    const others = (known ?? []).filter((draft) => draft.conversation_id !== id)
    if (text === '') return others
    return [...others, { conversation_id: id, text, updated_at: new Date().toISOString() }]
  })
  if (asking) void queryClient.invalidateQueries({ queryKey: keys.drafts })
}
