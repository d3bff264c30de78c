import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, watch } from 'vue'

import { dropDraft, keepDraft, listDrafts } from '@/api/calls'
import { ApiError } from '@/api/client'
import type { Draft } from '@/api/types'
import { type Base, joined, meet, NOTHING } from '@/shared/draftMeeting'
import { draftIds, readDraft, withOtherTabs, writeDraft } from '@/shared/drafts'
import { keys, queryClient } from '@/shared/query'
import { ownId } from '@/shared/session'
import { recall, recallJson, remember } from '@/shared/storage'

const PAUSE = 1000

/** Another screen's words that wait for the person to choose; `at`: as the server has them. */
export interface Other {
  text: string
  at: string | null
}
export type Choice = 'here' | 'there' | 'both'

const others = reactive(new Map<string, Other>())
const timers = new Map<string, ReturnType<typeof setTimeout>>()
/** One save after the other for each conversation, and what the last one said. */
const saving = new Map<string, Promise<void>>()
const tried = new Map<string, string>()
const shown = new Set<(id: string, text: string) => void>()

withOtherTabs({
  follows: (id, text) => {
    others.delete(id)
    show(id, text)
    // The tab that wrote it saves it, unless it is closed before.
    if (!isNote(id)) later(id, text, 5 * PAUSE)
  },
  differs: (id, text) => {
    if (text !== '') others.set(id, { text, at: null })
    else if (!others.get(id)?.at) others.delete(id)
  },
})

/** `hear` learns what came from another screen; returns how to stop. */
export function whenDraftChanges(hear: (id: string, text: string) => void): () => void {
  shown.add(hear)
  return () => shown.delete(hear)
}

/** What colleagues are to read stays in this browser until it is sent. */
export const noteKey = (id: string) => `${id}.note`
const isNote = (key: string) => key.endsWith('.note')

const show = (id: string, text: string) => shown.forEach((hear) => hear(id, text))

/** What another screen has in this conversation and this one has not. */
export const otherDraft = (id: string): Other | undefined => others.get(id)

let askedAt = 0
/** When the newest list was asked for: what was saved since, it may not know, however late it came. */
export const draftsAskedAt = () => askedAt

async function ask(): Promise<Draft[]> {
  const at = Date.now()
  const list = await listDrafts()
  askedAt = at
  return list
}

/** The agent's drafts everywhere; asked again when a list, a composer or the window opens. */
export function useDrafts() {
  const query = useQuery({
    queryKey: keys.drafts,
    queryFn: ask,
    staleTime: 5000,
    refetchOnWindowFocus: 'always',
  })
  const texts = computed(
    () => new Map((query.data.value ?? []).map((draft) => [draft.conversation_id, draft.text])),
  )
  return { ...query, texts }
}

/** What the server's list says about this draft: taken over, or the person is asked. */
export function compareDraft(id: string, list: Draft[], asked: number): void {
  if (asked <= baseOf(id).since || saving.has(id)) return
  const found = list.find((draft) => draft.conversation_id === id)
  const mayGoOn = compare(id, { text: found?.text ?? '', at: found?.updated_at ?? null })
  // What could not be saved when it was typed.
  if (mayGoOn && !timers.has(id)) saveDraft(id, readDraft(id))
}

/** What is to be done with the server's draft; true when the one here may be saved now. */
function compare(id: string, there: Other): boolean {
  const result = meet(readDraft(id), baseOf(id), there.text)
  if (result === 'ask') {
    stop(id)
    others.set(id, there)
    return false
  }
  if (others.get(id)?.at) others.delete(id)
  if (result === 'keep') agree(id, { text: baseOf(id).text, at: there.at })
  else agree(id, there)
  if (result !== 'take') return true
  stop(id)
  writeDraft(id, there.text)
  show(id, there.text)
  return false
}

/** The person's word on two texts; returns the one that is left, which is to be written and saved. */
export function chooseDraft(id: string, choice: Choice): string {
  const here = readDraft(id)
  const other = others.get(id)
  if (!other) return here
  others.delete(id)
  if (other.at) agree(id, other)
  return { here, there: other.text, both: joined(here, other.text) }[choice]
}

/** Saved when the typing pauses; what was sent or emptied goes at once. */
export function saveDraft(id: string, text: string): void {
  stop(id)
  if (others.has(id) || isSaved(id, text)) return
  if (text === '') return void save(id, text)
  later(id, text, PAUSE)
}

function later(id: string, text: string, pause: number): void {
  stop(id)
  const begin = () => (isSaved(id, text) ? stop(id) : void save(id, text))
  timers.set(id, setTimeout(begin, pause))
}

const isSaved = (id: string, text: string) => text === baseOf(id).text && !saving.has(id)

function stop(id: string): void {
  clearTimeout(timers.get(id))
  timers.delete(id)
}

async function save(id: string, text: string): Promise<void> {
  stop(id)
  const turn = (saving.get(id) ?? Promise.resolve()).then(() => attempt(id, text, true))
  saving.set(id, turn)
  await turn
  if (saving.get(id) === turn) saving.delete(id)
}

async function attempt(id: string, text: string, again: boolean): Promise<void> {
  const writer = ownId.value
  const { at } = baseOf(id)
  try {
    const kept = text === '' ? await dropped(id, at) : await keepDraft(id, text, at)
    if (ownId.value !== writer) return
    agree(id, { text, at: kept?.updated_at ?? null })
    await note(id, text, kept?.updated_at)
  } catch (error) {
    if (ownId.value !== writer) return
    // What could not be saved stays in this browser; the next key saves it again.
    const there = error instanceof ApiError ? error.problem.draft : undefined
    if (there && mayGoOn(id, there) && again) await attempt(id, text, false)
  }
  tried.set(id, text)
}

const dropped = async (id: string, at: string | null) => {
  if (at) await dropDraft(id, at)
  return null
}

/** The server has another draft than was thought: this screen's own of before (its answer was lost), or another's. */
function mayGoOn(id: string, { text, updated_at: at }: Draft): boolean {
  if (text !== tried.get(id)) return compare(id, { text, at })
  agree(id, { text, at })
  return true
}

const baseName = (id: string) => `draftBase.${ownId.value}.${id}`
const goneName = () => `draftsGone.${ownId.value}`

function baseOf(id: string): Base {
  const kept = recallJson<Base>(baseName(id))
  return kept ?? { ...NOTHING, since: Number(recall(goneName()) ?? 0) }
}

function agree(id: string, { text, at }: Other): void {
  const base = baseOf(id)
  if (base.text === text && base.at === at) return
  const since = Date.now()
  // One time for all that are gone: a list from before it may still have them.
  if (at === null) remember(goneName(), String(since))
  remember(baseName(id), at === null ? null : JSON.stringify({ text, at, since }))
}

/** A list that was asked for before the save must not bring back what was just sent. */
async function note(id: string, text: string, at = new Date().toISOString()): Promise<void> {
  const asking = queryClient.isFetching({ queryKey: keys.drafts }) > 0
  if (asking) await queryClient.cancelQueries({ queryKey: keys.drafts })
  queryClient.setQueryData<Draft[]>(keys.drafts, (known) => {
    const rest = (known ?? []).filter((draft) => draft.conversation_id !== id)
    if (text === '') return rest
    return [...rest, { conversation_id: id, text, updated_at: at }]
  })
  if (asking) void queryClient.invalidateQueries({ queryKey: keys.drafts })
}

/** Before another agent may sit down: what the server has is not kept here; only what it could not take stays, for its writer. */
export async function leaveDrafts(): Promise<void> {
  const answers = draftIds().filter((id) => !isNote(id))
  await Promise.all(answers.filter((id) => timers.has(id)).map((id) => save(id, readDraft(id))))
  for (const id of answers) {
    stop(id)
    if (readDraft(id) !== baseOf(id).text || others.has(id)) continue
    writeDraft(id, '')
    remember(baseName(id), null)
  }
}

// A timer, a question or a last attempt belongs to who was signed in.
watch(
  ownId,
  () => {
    for (const id of [...timers.keys()]) stop(id)
    others.clear()
    tried.clear()
    askedAt = 0
  },
  { flush: 'sync' },
)
