import { beforeEach, describe, expect, it, vi } from 'vitest'

import type { Me } from '@/api/types'
import { joined, meet, NOTHING } from '@/shared/draftMeeting'

describe('two texts for one answer', () => {
  const base = (text: string) => ({ text, at: '2026-11-22T03:00:00.000Z', since: 1 })

  it('are taken, kept or asked about', () => {
    expect(meet('', NOTHING, 'typed there')).toBe('take')
    expect(meet('saved', base('saved'), 'changed there')).toBe('take')
    expect(meet('saved', base('saved'), '')).toBe('take')
    expect(meet('', base('sent from here'), 'other words')).toBe('take')
    expect(meet('typed here', base('saved'), 'saved')).toBe('keep')
    expect(meet('', base('sent from here'), 'sent from here')).toBe('keep')
    expect(meet('same', base('older'), 'same')).toBe('agree')
    expect(meet('typed here', base('sent there'), '')).toBe('agree')
    expect(meet('typed here', base('saved'), 'changed there')).toBe('ask')
    expect(meet('typed here and on', base('typed'), 'typed here')).toBe('keep')
    expect(meet('typed here', NOTHING, 'typed there')).toBe('ask')
  })

  it('join without doubling', () => {
    expect(joined('one', 'two')).toBe('one\ntwo')
    expect(joined('one and two', 'two')).toBe('one and two')
    expect(joined('two', 'one and two')).toBe('one and two')
  })
})

describe('a draft in two tabs of one browser', () => {
  beforeEach(() => {
    localStorage.clear()
    vi.resetModules()
  })

  async function open(here: string) {
    const drafts = await import('@/shared/drafts')
    const tell = { follows: vi.fn(), differs: vi.fn() }
    drafts.withOtherTabs(tell)
    drafts.writeDraft('c1', here)
    const hear = (oldValue: string | null, newValue: string | null) =>
      dispatchEvent(
        new StorageEvent('storage', {
          key: `madoguchi.${drafts.draftName('c1')}`,
          oldValue,
          newValue,
        }),
      )
    return { ...drafts, tell, hear }
  }

  it('follows what is typed in the other', async () => {
    const tab = await open('')
    tab.hear(null, 'a')
    tab.hear('a', 'ab')
    expect(tab.readDraft('c1')).toBe('ab')
    tab.hear('older', 'ab')
    tab.hear('ab', null)
    expect(tab.readDraft('c1')).toBe('')
    expect(tab.tell.follows.mock.calls).toEqual([
      ['c1', 'a'],
      ['c1', 'ab'],
      ['c1', 'ab'],
      ['c1', ''],
    ])
    expect(tab.tell.differs).not.toHaveBeenCalled()
  })

  it('keeps words that the other does not know', async () => {
    const tab = await open('typed here')
    tab.hear('older', 'typed there')
    expect(tab.readDraft('c1')).toBe('typed here')
    expect(tab.tell.differs).toHaveBeenCalledWith('c1', 'typed there')
    expect(tab.tell.follows).not.toHaveBeenCalled()
  })
})

describe('two people on one computer', () => {
  beforeEach(() => {
    localStorage.clear()
    vi.resetModules()
  })

  async function sit(id: string) {
    const { me } = await import('@/shared/session')
    me.value = { agent: { id } } as Me
  }

  it('never see what the other is writing, and find their own again', async () => {
    const { readDraft, writeDraft } = await import('@/shared/drafts')
    await sit('aya')
    writeDraft('c1', 'from Aya')
    await sit('ken')
    expect(readDraft('c1')).toBe('')
    writeDraft('c1', 'from Ken')
    await sit('aya')
    expect(readDraft('c1')).toBe('from Aya')
  })

  it('leave nothing in the browser that the server has; a note to colleagues stays for its writer', async () => {
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(() =>
      Promise.resolve(
        new Response(
          JSON.stringify({
            conversation_id: 'c1',
            text: 'half an answer',
            updated_at: '2026-11-22T03:00:00.000Z',
          }),
          { headers: { 'Content-Type': 'application/json' } },
        ),
      ),
    )
    const { writeDraft } = await import('@/shared/drafts')
    const server = await import('@/shared/serverDrafts')
    await sit('aya')
    writeDraft('c1', 'half an answer')
    server.saveDraft('c1', 'half an answer')
    writeDraft(server.noteKey('c1'), 'half a note')
    await server.leaveDrafts()
    expect(fetched).toHaveBeenCalledTimes(1)
    expect(Object.values(localStorage)).toEqual(['half a note'])
    fetched.mockRestore()
  })

  it('keep what could not be saved, for its writer', async () => {
    const fetched = vi
      .spyOn(globalThis, 'fetch')
      .mockImplementation(() => Promise.reject(new TypeError('offline')))
    const { readDraft, writeDraft } = await import('@/shared/drafts')
    const server = await import('@/shared/serverDrafts')
    await sit('aya')
    writeDraft('c1', 'half an answer')
    server.saveDraft('c1', 'half an answer')
    await server.leaveDrafts()
    expect(readDraft('c1')).toBe('half an answer')
    fetched.mockRestore()
  })
})

describe('a draft on the server', { timeout: 60_000 }, () => {
  beforeEach(() => {
    localStorage.clear()
    vi.resetModules()
  })
  const AT = ['2026-11-22T03:00:00.000Z', '2026-11-22T03:01:00.000Z'] as const
  const draft = (text: string, at: string) => ({ conversation_id: 'c1', text, updated_at: at })
  const answer = (status: number, body: unknown) =>
    Promise.resolve(
      new Response(JSON.stringify(body), {
        status,
        headers: { 'Content-Type': 'application/json' },
      }),
    )

  async function open(answers: (() => Promise<Response>)[]) {
    const asked: unknown[] = []
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
      asked.push(JSON.parse(String(init?.body ?? 'null')))
      return answers.shift()?.() ?? answer(500, {})
    })
    const { readDraft, writeDraft } = await import('@/shared/drafts')
    const server = await import('@/shared/serverDrafts')
    const type = (text: string) => {
      writeDraft('c1', text)
      server.saveDraft('c1', text)
    }
    return { ...server, asked, type, here: () => readDraft('c1'), end: () => fetched.mockRestore() }
  }

  it('is replaced only as it was last seen; else both are kept until the person chooses', async () => {
    const screen = await open([
      () => answer(409, { code: 'draft_changed', draft: draft('on the phone', AT[1]) }),
      () => answer(200, draft('on the desk\non the phone', AT[1])),
    ])
    screen.type('on the desk')
    await vi.waitFor(() => expect(screen.otherDraft('c1')?.text).toBe('on the phone'), 20_000)
    expect(screen.here()).toBe('on the desk')
    screen.type('on the desk')
    expect(screen.asked).toEqual([{ text: 'on the desk', seen: null }])
    const both = screen.chooseDraft('c1', 'both')
    screen.type(both)
    await vi.waitFor(() => expect(screen.asked).toHaveLength(2), 20_000)
    expect(screen.asked[1]).toEqual({ text: 'on the desk\non the phone', seen: AT[1] })
    expect(screen.otherDraft('c1')).toBeUndefined()
    screen.end()
  })

  it('is taken over where nothing was typed, and an older list changes nothing', async () => {
    const screen = await open([])
    const heard: string[] = []
    screen.whenDraftChanges((_id, text) => heard.push(text))
    const now = Date.now()
    screen.compareDraft('c1', [draft('on the phone', AT[0])], now + 1)
    expect(screen.here()).toBe('on the phone')
    screen.compareDraft('c1', [], now - 60_000)
    expect(screen.here()).toBe('on the phone')
    screen.compareDraft('c1', [], now + 60_000)
    expect(heard).toEqual(['on the phone', ''])
    screen.end()
  })

  it('that was saved although the answer was lost is no quarrel', async () => {
    const screen = await open([
      () => Promise.reject(new TypeError('cut')),
      () => answer(409, { code: 'draft_changed', draft: draft('first', AT[0]) }),
      () => answer(200, draft('first and more', AT[1])),
    ])
    screen.type('first')
    await vi.waitFor(() => expect(screen.asked).toHaveLength(1), 20_000)
    screen.type('first and more')
    await vi.waitFor(() => expect(screen.asked).toHaveLength(3), 20_000)
    expect(screen.asked[2]).toEqual({ text: 'first and more', seen: AT[0] })
    expect(screen.otherDraft('c1')).toBeUndefined()
    screen.end()
  })
})
