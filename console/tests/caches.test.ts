import { QueryClient } from '@tanstack/vue-query'
import { beforeEach, describe, expect, it } from 'vitest'

import type { Conversation, Message } from '@/api/types'
import { applyEvent } from '@/shared/live/apply'
import { Journal } from '@/shared/live/journal'
import { flat, type Pages } from '@/shared/live/reducer'
import { keys } from '@/shared/query'

import { anyList as all, conversation, message } from './make'

const page = <T>(items: T[]): Pages<T> => ({
  pages: [{ items, next_cursor: null }],
  pageParams: [null],
})

let client: QueryClient
beforeEach(() => {
  client = new QueryClient()
})
const rows = () => flat(client.getQueryData<Pages<Conversation>>(keys.list(all)))

describe('an event', () => {
  it('changes the tick of a row when its last message is delivered', () => {
    const sent = message(7, { direction: 'out', status: 'queued' })
    client.setQueryData(keys.list(all), page([{ ...conversation(1), last_message: sent }]))
    applyEvent(client, { seq: 1, type: 'message.updated', data: { ...sent, status: 'delivered' } })
    expect(rows()[0]?.last_message?.status).toBe('delivered')
    applyEvent(client, { seq: 2, type: 'message.updated', data: { ...message(3), status: 'read' } })
    expect(rows()[0]?.last_message?.status).toBe('delivered')
  })

  it('brings a new conversation into the lists it belongs to', () => {
    const unassigned = { ...all, view: 'unassigned' as const }
    const mine = { ...all, view: 'mine' as const }
    for (const filter of [all, unassigned, mine]) client.setQueryData(keys.list(filter), page([]))
    applyEvent(client, { seq: 1, type: 'conversation.created', data: conversation(1) })
    expect(rows()).toHaveLength(1)
    expect(flat(client.getQueryData<Pages<Conversation>>(keys.list(unassigned)))).toHaveLength(1)
    expect(flat(client.getQueryData<Pages<Conversation>>(keys.list(mine)))).toHaveLength(0)
  })

  it('renames a contact wherever it is shown', () => {
    client.setQueryData(keys.list(all), page([conversation(1)]))
    client.setQueryData(keys.conversation('conversation-1'), conversation(1))
    const contact = { id: 'contact-1', name: '花子', identities: [], created_at: '' }
    applyEvent(client, { seq: 1, type: 'contact.updated', data: contact })
    expect(rows()[0]?.contact.name).toBe('花子')
    expect(
      client.getQueryData<Conversation>(keys.conversation('conversation-1'))?.contact.name,
    ).toBe('花子')
  })

  it('of a kind nobody knows yet is no trouble', () => {
    expect(() =>
      applyEvent(client, { seq: 1, type: 'robot.updated', data: { id: 'x' } }),
    ).not.toThrow()
  })
})

describe('a fetch that was overtaken', () => {
  it('does not put an old state back', async () => {
    const journal = new Journal(client)
    let answer: (data: Pages<Message>) => void = () => undefined
    const fetching = client.fetchQuery({
      queryKey: keys.thread('conversation-1'),
      queryFn: () => new Promise<Pages<Message>>((resolve) => (answer = resolve)),
    })
    const event = { seq: 5, type: 'message.created', data: message(2) }
    journal.add(event)
    applyEvent(client, event)
    await Promise.resolve()
    answer(page([message(1)]))
    await fetching
    const thread = client.getQueryData<Pages<Message>>(keys.thread('conversation-1'))
    expect(flat(thread).map((one) => one.id)).toEqual([message(2).id, message(1).id])
  })

  it('keeps its place when old events are dropped', () => {
    const journal = new Journal(client)
    for (let seq = 1; seq <= 2500; seq += 1) journal.add({ seq, type: 'x', data: null })
    const mark = journal.mark
    journal.add({ seq: 2501, type: 'x', data: null })
    expect(journal.since(mark).map((event) => event.seq)).toEqual([2501])
    expect(journal.since(0)).toHaveLength(2000)
  })
})
