import { beforeEach, describe, expect, it, vi } from 'vitest'

import { preferredLanguage } from '@/shared/i18n'

beforeEach(() => {
  localStorage.clear()
  vi.resetModules()
})

describe('drafts', () => {
  it('outlive a reload', async () => {
    const before = await import('@/shared/drafts')
    before.writeDraft('c1', '書きかけ')
    vi.resetModules()
    const after = await import('@/shared/drafts')
    expect(after.readDraft('c1')).toBe('書きかけ')
    expect(after.readDraft('c2')).toBe('')
    after.writeDraft('c1', '')
    expect(localStorage).toHaveLength(0)
  })

  it('stay for the page when the browser cannot keep them', async () => {
    const { readDraft, writeDraft } = await import('@/shared/drafts')
    const full = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError')
    })
    writeDraft('c1', 'still here')
    expect(readDraft('c1')).toBe('still here')
    full.mockRestore()
  })
})

describe('the outbox', () => {
  const answer = (status: number, body: unknown) =>
    new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })
  const context = { claim: 3, at: '2026-11-22T03:00:00Z', afterId: null }

  async function open() {
    return import('@/shared/outbox')
  }

  it('keeps what could not leave, and sends it again under the same key', async () => {
    const keys: string[] = []
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
      keys.push(new Headers(init?.headers).get('Idempotency-Key') ?? '')
      return keys.length === 1
        ? Promise.reject(new TypeError('offline'))
        : Promise.resolve(answer(201, { id: 'm1', conversation_id: 'c1' }))
    })
    const outbox = await open()
    const key = outbox.enqueue('c1', { type: 'text', text: 'Hello' }, context)
    await vi.waitFor(() => expect(outbox.pendingOf('c1')[0]?.state).toBe('unsent'))
    expect(localStorage.getItem(`madoguchi.outbox.${key}`)).toContain('Hello')
    outbox.retry(key)
    await vi.waitFor(() => expect(outbox.pendingOf('c1')).toEqual([]))
    expect(keys).toEqual([key, key])
    expect(localStorage).toHaveLength(0)
    fetched.mockRestore()
  })

  it('asks anew, under a new key, after a refusal', async () => {
    const keys: string[] = []
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
      keys.push(new Headers(init?.headers).get('Idempotency-Key') ?? '')
      return Promise.resolve(answer(409, { code: 'window_closed', status: 409 }))
    })
    const outbox = await open()
    const key = outbox.enqueue('c1', { type: 'text', text: 'Hello' }, context)
    await vi.waitFor(() => expect(outbox.pendingOf('c1')[0]?.state).toBe('refused'))
    expect(outbox.pendingOf('c1')[0]?.problem?.code).toBe('window_closed')
    outbox.retry(key, 4)
    await vi.waitFor(() => expect(keys).toHaveLength(2))
    expect(keys[1]).not.toBe(key)
    fetched.mockRestore()
  })

  it('keeps the order of two quick messages', async () => {
    const texts: string[] = []
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation(async (_url, init) => {
      const { text } = JSON.parse(String(init?.body)) as { text: string }
      await new Promise((resolve) => setTimeout(resolve, text === 'first' ? 30 : 0))
      texts.push(text)
      return answer(201, { id: text, conversation_id: 'c1' })
    })
    const outbox = await open()
    outbox.enqueue('c1', { type: 'text', text: 'first' }, context)
    outbox.enqueue('c1', { type: 'text', text: 'second' }, context)
    await vi.waitFor(() => expect(texts).toEqual(['first', 'second']))
    fetched.mockRestore()
  })

  it('lets nothing pass what could not leave', async () => {
    const texts: string[] = []
    let down = true
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
      texts.push((JSON.parse(String(init?.body)) as { text: string }).text)
      return down
        ? Promise.reject(new TypeError('offline'))
        : Promise.resolve(answer(201, { id: texts.at(-1), conversation_id: 'c1' }))
    })
    const outbox = await open()
    outbox.enqueue('c1', { type: 'text', text: 'first' }, context)
    outbox.enqueue('c1', { type: 'text', text: 'second' }, context)
    await vi.waitFor(() =>
      expect(outbox.pendingOf('c1').map(({ state }) => state)).toEqual(['unsent', 'unsent']),
    )
    expect(texts).toEqual(['first'])
    down = false
    outbox.retryUnsent()
    await vi.waitFor(() => expect(outbox.pendingOf('c1')).toEqual([]))
    expect(texts).toEqual(['first', 'first', 'second'])
    fetched.mockRestore()
  })

  const left = (more: object) =>
    JSON.stringify({
      key: 'k',
      agentId: '',
      conversationId: 'c1',
      body: { type: 'text', text: 'x' },
      at: '',
      order: 1,
      afterId: null,
      state: 'sending',
      ...more,
    })

  it('sends what was on its way when the page closed, under its old key', async () => {
    localStorage.setItem('madoguchi.outbox.k', left({}))
    const keys: (string | null)[] = []
    const fetched = vi.spyOn(globalThis, 'fetch').mockImplementation((_url, init) => {
      keys.push(new Headers(init?.headers).get('Idempotency-Key'))
      return Promise.resolve(answer(201, { id: 'm1', conversation_id: 'c1' }))
    })
    const outbox = await open()
    expect(outbox.pendingOf('c1')).toHaveLength(1)
    outbox.retryUnsent()
    await vi.waitFor(() => expect(outbox.pendingOf('c1')).toEqual([]))
    expect(keys).toEqual(['k'])
    fetched.mockRestore()
  })

  it('shows and sends nothing of another agent', async () => {
    localStorage.setItem('madoguchi.outbox.k', left({ agentId: 'ken' }))
    const fetched = vi.spyOn(globalThis, 'fetch')
    const outbox = await open()
    expect(outbox.pendingOf('c1')).toEqual([])
    outbox.retryUnsent()
    expect(fetched).not.toHaveBeenCalled()
    expect(localStorage.getItem('madoguchi.outbox.k')).not.toBeNull()
    fetched.mockRestore()
  })

  it('knows what another tab wrote and sent', async () => {
    const outbox = await open()
    const tell = (key: string) => dispatchEvent(new StorageEvent('storage', { key }))
    localStorage.setItem('madoguchi.outbox.k', left({ state: 'unsent' }))
    tell('madoguchi.outbox.k')
    expect(outbox.pendingOf('c1')[0]).toMatchObject({ key: 'k', state: 'unsent' })
    localStorage.removeItem('madoguchi.outbox.k')
    tell('madoguchi.outbox.k')
    expect(outbox.pendingOf('c1')).toEqual([])
  })
})

describe('the language', () => {
  it('follows the browser, then the choice', () => {
    expect(preferredLanguage(['fr-FR', 'ja-JP', 'en'])).toBe('ja')
    expect(preferredLanguage(['fr'])).toBe('en')
    localStorage.setItem('madoguchi.language', 'ja')
    expect(preferredLanguage(['en-US'])).toBe('ja')
  })
})
