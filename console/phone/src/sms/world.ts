/** The SMS phone's state: who holds it, at which provider, what was written, which faults are armed. */

import { computed, ref } from 'vue'

import { api } from '@phone/api'
import type { Customer } from '@phone/types'

export interface Text {
  id: string
  provider: string
  direction: 'in' | 'out'
  customer: string
  ours: string
  text: string
  reference: string
  at: string
  parts: number
  alphabet: 'gsm' | 'ucs2'
  media: string[]
  reached: '' | 'taken' | 'refused' | 'delivered' | 'undelivered'
}

export interface Faults {
  too_fast: number
  server_errors: number
  lose_answers: number
  refuse: number
  receipts: 'once' | 'twice' | 'before' | 'none'
  receipt_delay: number
  undelivered: boolean
}

interface State {
  texts: Text[]
  faults: Faults
  webhooks: Record<string, string>
  numbers: Record<string, string>
}

const KEPT = 'phone.sms.customer'
const OURS = '+815012345678'

export const people = ref<Customer[]>([])
export const texts = ref<Text[]>([])
export const faults = ref<Faults>()
export const providers = ref<string[]>([])
export const provider = ref('')
export const connected = ref(true)
export const failed = ref(false)
const numbers = ref<Record<string, string>>({})
const chosen = ref('')

export const person = computed(() => people.value.find((p) => p.id === chosen.value))
export const ours = computed(() => numbers.value[provider.value] ?? OURS)
export const thread = computed(() =>
  texts.value.filter(
    (text) =>
      text.provider === provider.value && digits(text.customer) === digits(person.value?.phone),
  ),
)

/** Providers write one number in several ways: +81…, 0081… */
function digits(number = ''): string {
  return number.replace(/\D/g, '').replace(/^00/, '')
}

export function lastOf(customer: Customer): Text | undefined {
  return texts.value.findLast((text) => digits(text.customer) === digits(customer.phone))
}

export async function start(): Promise<void> {
  await reload()
  const source = new EventSource('/_sim/live')
  source.addEventListener('open', () => {
    if (!connected.value) void reload()
    connected.value = true
  })
  source.addEventListener('error', () => (connected.value = false))
  source.addEventListener('reload', () => void reload())
  source.addEventListener('sms', (event) => {
    keep(JSON.parse((event as MessageEvent<string>).data) as Text)
  })
  source.addEventListener('sms_faults', (event) => {
    faults.value = JSON.parse((event as MessageEvent<string>).data) as Faults
  })
}

async function reload(): Promise<void> {
  const [found, customers] = await Promise.all([ask<State>('sms'), api.customers()])
  texts.value = found.texts
  faults.value = found.faults
  numbers.value = found.numbers
  providers.value = Object.keys(found.webhooks)
  people.value = customers
  if (!providers.value.includes(provider.value)) provider.value = providers.value[0] ?? ''
  const kept = chosen.value || localStorage.getItem(KEPT)
  const first = customers.find((c) => c.id === kept) ?? customers[0]
  if (first) pick(first.id)
}

function keep(text: Text): void {
  const at = texts.value.findIndex((known) => known.id === text.id)
  if (at < 0) texts.value.push(text)
  else texts.value[at] = text
}

export function pick(id: string): void {
  chosen.value = id
  localStorage.setItem(KEPT, id)
}

/** Whether it left the phone. */
export async function write(text: string, media: string[] = []): Promise<boolean> {
  const wish = {
    provider: provider.value,
    from: `+${digits(person.value?.phone)}`,
    to: ours.value,
    text,
    media,
  }
  return attempt(() => ask('sms/messages', wish))
}

export function arm(change: Partial<Faults>): Promise<boolean> {
  return attempt(async () => {
    faults.value = await ask<Faults>('sms/faults', { ...faults.value, ...change })
  })
}

async function attempt(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work()
    failed.value = false
  } catch {
    failed.value = true
  }
  return !failed.value
}

async function ask<T>(path: string, body?: unknown): Promise<T> {
  const given =
    body === undefined
      ? {}
      : {
          method: 'POST',
          body: JSON.stringify(body),
          headers: { 'Content-Type': 'application/json' },
        }
  const answer = await fetch(`/_sim/${path}`, given)
  if (!answer.ok) throw new Error(String(answer.status))
  return (await answer.json()) as T
}
