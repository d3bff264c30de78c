/** The simulator's control API. */

import type { FlowStep } from '@phone/flow/types'
import type { Catalog, Chat, Customer, Draft, Fault, Hook, Message, Scenario } from '@phone/types'

/** The simulator said no; the message is its reason as a word: `blocked`, `exists`, `impossible`… */
export class Refused extends Error {}

async function call<T>(
  method: string,
  path: string,
  body?: unknown,
  keepalive = false,
): Promise<T> {
  const response = await fetch(`/_sim/${path}`, {
    method,
    keepalive,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  })
  const found = (await response.json()) as T & { reason?: string }
  if (!response.ok) throw new Refused(found.reason)
  return found
}

interface List<T> {
  data: T[]
}

const one = (customer: string, rest: string) => `customers/${encodeURIComponent(customer)}/${rest}`

export const api = {
  customers: () => call<List<Customer>>('GET', 'customers').then((l) => l.data),
  createCustomer: (name: string, phone: string) =>
    call<Customer>('POST', 'customers', { name, phone }),
  changeCustomer: (id: string, change: Partial<Customer>, keepalive = false) =>
    call<Customer>('PATCH', `customers/${encodeURIComponent(id)}`, change, keepalive),
  chats: (id: string) => call<List<Chat>>('GET', one(id, 'chats')).then((l) => l.data),
  messages: (id: string, number: string) =>
    call<List<Message>>('GET', one(id, `messages?number=${number}`)).then((l) => l.data),
  send: (id: string, draft: Draft) => call<Message>('POST', one(id, 'messages'), draft),
  tap: (id: string, message: string, choice: string) =>
    call<Message>('POST', one(id, 'tap'), { message_id: message, choice }),
  play: (id: string, message: string) =>
    call<Message>('POST', one(id, 'play'), { message_id: message }),
  clock: () => call<{ unix: number; frozen: boolean }>('GET', 'clock'),
  moveClock: (wish: { advance_seconds?: number; offset?: number }) =>
    call<{ unix: number; frozen: boolean }>('POST', 'clock', wish),
  faults: () => call<{ faults: Fault[] }>('GET', 'faults').then((f) => f.faults),
  addFault: (fault: Record<string, unknown>) => call('POST', 'faults', fault),
  removeFault: (id: string) => call('DELETE', `faults/${id}`),
  catalogs: () => call<List<Catalog>>('GET', 'catalogs').then((l) => l.data),
  flow: (id: string, step: Record<string, unknown>) =>
    call<FlowStep>('POST', one(id, 'flow'), step),
  scenarios: () => call<List<Scenario>>('GET', 'scenarios').then((l) => l.data),
  startScenario: (name: string, customer: string, number: string) =>
    call<Scenario>('POST', `scenarios/${name}`, { customer, number }),
  restoreScenario: (name: string) => call<Scenario>('DELETE', `scenarios/${name}`),
  webhooks: () => call<List<Hook>>('GET', 'webhooks?limit=8').then((l) => l.data),

  async upload(file: File, number: string): Promise<string> {
    const query = new URLSearchParams({ number, filename: file.name })
    const response = await fetch(`/_sim/media?${query.toString()}`, {
      method: 'POST',
      body: file,
      headers: { 'Content-Type': file.type || 'application/octet-stream' },
    })
    const found = (await response.json()) as { media_id: string; reason?: string }
    if (!response.ok) throw new Refused(found.reason)
    return found.media_id
  },
}
