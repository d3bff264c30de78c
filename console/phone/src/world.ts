/** The page's state: whose phone it is, which chat is open, what the simulator told last. */

import { computed, reactive, ref } from 'vue'

import { api, Refused } from '@phone/api'
import type { Catalog, Chat, Clock, Customer, Draft, Fault, Message, Scenario } from '@phone/types'

const KEPT = 'phone.customer'
const ARRIVED = new Set(['delivered', 'read', 'played'])

export const customers = ref<Customer[]>([])
export const chats = ref<Chat[]>([])
export const messages = ref<Message[]>([])
export const faults = ref<Fault[]>([])
export const catalogs = ref<Catalog[]>([])
export const scenarios = ref<Scenario[]>([])
export const openNumber = ref('')
export const connected = ref(true)
export const notice = ref('')
const customerId = ref('')
/** Real time at which the business was last said to be typing, by number. */
const typing = reactive<Record<string, number>>({})
const shift = ref(0)
const tick = ref(Date.now())

export const customer = computed(() => customers.value.find((c) => c.id === customerId.value))
export const chat = computed(() => chats.value.find((c) => c.number === openNumber.value))
export const now = computed(() => new Date(tick.value + shift.value))
export const businessTypes = computed(() => (typing[openNumber.value] ?? 0) > tick.value)

export async function start(): Promise<void> {
  await reload()
  setInterval(() => (tick.value = Date.now()), 1000)
  addEventListener('pagehide', () => void leaveChat(true))
  listen()
}

async function reload(): Promise<void> {
  const [people, clock, armed, sold] = await Promise.all([
    api.customers(),
    api.clock(),
    api.faults(),
    api.catalogs(),
  ])
  customers.value = people
  catalogs.value = sold
  faults.value = armed
  setClock(clock)
  const kept = localStorage.getItem(KEPT)
  const first = people.find((c) => c.id === (customerId.value || kept)) ?? people[0]
  if (first) await pickCustomer(first.id)
}

export async function pickCustomer(id: string): Promise<void> {
  const reopened = customerId.value === id ? openNumber.value : ''
  if (customerId.value !== id) await leaveChat()
  customerId.value = id
  localStorage.setItem(KEPT, id)
  chats.value = await api.chats(id)
  const alone = chats.value.length === 1 ? chats.value[0]?.number : ''
  const wanted = reopened || (matchMedia('(min-width: 600px)').matches ? alone : '')
  if (wanted) await openChat(wanted)
}

export async function openChat(number: string): Promise<void> {
  openNumber.value = number
  messages.value = await api.messages(customerId.value, number)
  onCustomer(await api.changeCustomer(customerId.value, { open_chat: number }))
  await refreshChats()
}

export async function leaveChat(keepalive = false): Promise<void> {
  if (!customerId.value || !openNumber.value) return
  openNumber.value = ''
  messages.value = []
  await api.changeCustomer(customerId.value, { open_chat: '' }, keepalive)
}

/** Whether it was sent; when it was not, the screen says why. */
export function send(draft: Draft): Promise<boolean> {
  return attempt(() => api.send(customerId.value, { number: openNumber.value, ...draft }))
}

export async function sendFile(file: File): Promise<void> {
  await attempt(async () => {
    const media = await api.upload(file, openNumber.value)
    const kind = /^(image|video|audio)\//.exec(file.type)?.[1] ?? 'document'
    await api.send(customerId.value, {
      number: openNumber.value,
      type: kind,
      media_id: media,
      filename: file.name,
    })
  })
}

export async function tap(message: Message, choice: string): Promise<void> {
  await attempt(() => api.tap(customerId.value, message.id, choice))
}

export async function change(values: Partial<Customer>): Promise<void> {
  await attempt(() => api.changeCustomer(customerId.value, values))
}

export async function moveClock(wish: {
  advance_seconds?: number
  offset?: number
}): Promise<void> {
  setClock(await api.moveClock(wish))
}

/** Do it, and say on the screen why it could not be done. */
export async function attempt(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action()
    return true
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    notice.value = error.message
    setTimeout(() => (notice.value = ''), 4000)
    return false
  }
}

export async function loadScenarios(): Promise<void> {
  scenarios.value = await api.scenarios()
}

/** Start it in the open chat; what is running is restored instead. */
export async function playScenario(scenario: Scenario): Promise<void> {
  const number = openNumber.value || (chats.value[0]?.number ?? '')
  await attempt(() =>
    scenario.running
      ? api.restoreScenario(scenario.name)
      : api.startScenario(scenario.name, customerId.value, number),
  )
}

/** A product as people call it; its id when the catalog does not know it. */
export function productName(id: string): string {
  const known = catalogs.value.flatMap((found) => found.products).find((found) => found.id === id)
  return known?.name ?? id
}

function setClock(clock: Clock): void {
  tick.value = Date.now()
  shift.value = clock.unix * 1000 - tick.value
}

async function refreshChats(): Promise<void> {
  const id = customerId.value
  const found = await api.chats(id)
  if (id === customerId.value) chats.value = found
}

function listen(): void {
  const source = new EventSource('/_sim/live')
  let greeted = false
  const on = <T>(kind: string, act: (data: T) => void) => {
    source.addEventListener(kind, (event) =>
      act(JSON.parse((event as MessageEvent<string>).data) as T),
    )
  }
  on('hello', () => {
    connected.value = true
    if (greeted) void reload()
    greeted = true
  })
  on('reload', () => void reload())
  on<Message>('message', onMessage)
  on<Customer>('customer', onCustomer)
  on<{ customer: string; number: string; id: string }>('read', onRead)
  on<{ customer: string; number: string; seconds: number }>('typing', onTyping)
  on<{ now: number; frozen: boolean }>('clock', (c) => setClock({ unix: c.now, frozen: c.frozen }))
  on<{ faults: Fault[] }>('faults', (f) => (faults.value = f.faults))
  on<{ running: string[] }>('scenarios', ({ running }) => {
    for (const scenario of scenarios.value) scenario.running = running.includes(scenario.name)
  })
  source.onerror = () => (connected.value = false)
}

function onMessage(message: Message): void {
  if (message.direction === 'out' && message.type !== 'reaction') countUnread(message)
  if (message.customer !== customerId.value) return
  void refreshChats()
  const visible = message.direction === 'in' || ARRIVED.has(message.status)
  if (message.number !== openNumber.value || message.type === 'reaction' || !visible) return
  if (message.direction === 'out') typing[message.number] = 0
  const at = messages.value.findIndex((m) => m.id === message.id)
  if (at >= 0) messages.value[at] = message
  else messages.value.push(message)
}

function countUnread(message: Message): void {
  const whose = customers.value.find((c) => c.id === message.customer)
  if (!whose || whose.open_chat === message.number) return
  if (message.status === 'delivered' && !message.seen) whose.unread += 1
}

function onCustomer(changed: Customer): void {
  const at = customers.value.findIndex((c) => c.id === changed.id)
  if (at >= 0) customers.value[at] = changed
  else customers.value.push(changed)
}

function onRead(upto: { customer: string; number: string; id: string }): void {
  if (upto.customer !== customerId.value || upto.number !== openNumber.value) return
  const last = messages.value.findIndex((m) => m.id === upto.id)
  messages.value.slice(0, last + 1).forEach((m) => {
    if (m.direction === 'in') m.status = 'read'
  })
}

function onTyping(event: { customer: string; number: string; seconds: number }): void {
  if (event.customer === customerId.value) typing[event.number] = Date.now() + event.seconds * 1000
}
