import { useQuery } from '@tanstack/vue-query'
import { computed, reactive, type Ref } from 'vue'

import { listChannels } from '@/api/calls'
import type { Conversation, Message, MessageData, Person, SendBody } from '@/api/types'
import { keys } from '@/shared/query'
import { recallJson, remember } from '@/shared/storage'

import type { PickedFile } from '@/shared/files/files'

/** To whom an answer by letter goes and under which subject, as it is typed; empty lines: the server's usual answer. */
export interface LetterDraft {
  open: boolean
  to: string
  cc: string
  bcc: string
  subject: string
}

const EMPTY: LetterDraft = { open: false, to: '', cc: '', bcc: '', subject: '' }
const drafts = reactive(new Map<string, LetterDraft>())

/** What was typed outlives the page. */
export function letterOf(id: string): LetterDraft {
  if (!drafts.has(id))
    drafts.set(id, { ...EMPTY, ...recallJson<Partial<LetterDraft>>(`letter.${id}`) })
  return drafts.get(id) ?? { ...EMPTY }
}

export function keepLetter(id: string, draft: LetterDraft): void {
  drafts.set(id, draft)
  remember(`letter.${id}`, draft.open ? JSON.stringify(draft) : null)
}

export const dropLetter = (id: string) => keepLetter(id, { ...EMPTY })

const ONE = /^[^\s@<>(),;:"]+@[^\s@<>(),;:"]+\.[^\s@<>(),;:"]+$/u

/** "Hanako <hanako@example.jp>, ken@example.jp" as people; what is no address stays visible as one. */
export function peopleIn(line: string): Person[] {
  return line
    .split(/[,;\n、]/u)
    .map((piece) => piece.trim())
    .filter(Boolean)
    .map((piece) => {
      const named = /^(.*?)\s*<([^<>]*)>$/u.exec(piece)
      return named
        ? { name: (named[1] ?? '').replace(/^"|"$/gu, ''), address: (named[2] ?? '').trim() }
        : { name: '', address: piece }
    })
}

export const inLine = (people: Person[]) =>
  people
    .map(({ name, address }) => (name ? `${name.replace(/[,;<>"]/gu, ' ')} <${address}>` : address))
    .join(', ')

/** The first piece that is no address; empty when all are. */
export const wrongIn = (line: string) =>
  peopleIn(line).find(({ address }) => !ONE.test(address))?.address ?? ''

const MARK = /^\s*(?:(?:re|fwd?|aw|wg|sv|vs|rv|回复|答复|返信|転送)(?:\s*\[\d+\])?\s*[::]\s*)+/iu
export const bareSubject = (subject: string) => subject.replace(MARK, '').trim()

/** The newest letter of the other side, as far as the thread is loaded. */
export const newestLetter = (newestFirst: Message[]) =>
  newestFirst.find((each) => each.direction === 'in' && each.data.from) ?? null

/** Everybody else in a letter: whom an answer to all goes to besides its writer. */
export function othersIn(data: MessageData, own: string): { to: Person[]; cc: Person[] } {
  const known = new Set([own.toLowerCase(), data.from?.address.toLowerCase() ?? ''])
  const fresh = ({ address }: Person) => {
    const key = address.toLowerCase()
    return !known.has(key) && Boolean(known.add(key))
  }
  return { to: (data.to ?? []).filter(fresh), cc: (data.cc ?? []).filter(fresh) }
}

/** Opens the lines for an answer to this letter. */
export function answerLetter(id: string, message: Message, own: string, all: boolean): void {
  const { data } = message
  const writer = data.from?.address ? [data.from] : (data.to ?? [])
  const others = all ? othersIn(data, own) : { to: [], cc: [] }
  keepLetter(id, {
    open: true,
    to: inLine([...writer, ...others.to]),
    cc: inLine(others.cc),
    bcc: letterOf(id).bcc,
    subject: `Re: ${bareSubject(data.subject ?? '')}`,
  })
}

export function useLetter(conversation: Ref<Conversation>, noting: Ref<boolean>) {
  const { data: channels } = useQuery({ queryKey: keys.channels, queryFn: listChannels })
  const channel = computed(() =>
    channels.value?.find((each) => each.name === conversation.value.channel),
  )
  const is = computed(() => channel.value?.capabilities.threads === true && !noting.value)
  const limit = computed(() => channel.value?.capabilities.text_limit)
  const id = computed(() => conversation.value.id)
  const fits = computed(() => !is.value || isSendable(letterOf(id.value)))
  const take = (text: string, files: PickedFile[]) =>
    letterBody(
      id.value,
      text,
      files.flatMap((file) => file.mediaId ?? []),
    )
  return { is, limit, fits, take }
}

/** Nothing was changed, or everybody named can be written to. */
export function isSendable({ open, to, cc, bcc }: LetterDraft): boolean {
  return !open || (peopleIn(to).length > 0 && ![to, cc, bcc].some(wrongIn))
}

/** Words and files as one letter; the lines are empty afterwards. */
export function letterBody(id: string, text: string, mediaIds: string[]): SendBody {
  const { open, to, cc, bcc, subject } = letterOf(id)
  dropLetter(id)
  const lines = { to: peopleIn(to), cc: peopleIn(cc), bcc: peopleIn(bcc) }
  return {
    type: 'text',
    text: text.trim(),
    ...(mediaIds.length ? { media_ids: mediaIds } : {}),
    ...(open ? { letter: { ...lines, subject: subject.trim() || null } } : {}),
  }
}
