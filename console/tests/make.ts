import type { Conversation, Message, Template, TemplateVariable } from '@/api/types'
import { type ListFilter, noMore } from '@/shared/query'

export const id = (n: number) => `0190-${String(n).padStart(8, '0')}`
const at = (n: number) => new Date(Date.UTC(2026, 10, 22, 3, 0, 0) + n * 1000).toISOString()

export function conversation(n: number): Conversation {
  return {
    id: `conversation-${n}`,
    inbox_id: `inbox-${(n % 2) + 1}`,
    inbox: { id: `inbox-${(n % 2) + 1}`, name: 'Minato', channel: 'whatsapp' },
    channel: 'whatsapp',
    contact: { id: `contact-${n}`, name: `Contact ${n}` },
    subject: '',
    status: 'open',
    snoozed_until: null,
    close_reason: null,
    assignee: null,
    team: null,
    claim: 0,
    labels: [],
    unread: 0,
    failed: false,
    asks: false,
    waiting_since: null,
    last_message: null,
    last_activity_id: id(n),
    window: { open: true, kind: 'service', closes_at: null, allowed: [] },
    created_at: at(n),
    updated_at: at(n),
  }
}

export function message(n: number, fields: Partial<Message> = {}): Message {
  return {
    id: id(n),
    conversation_id: 'conversation-1',
    direction: 'in',
    type: 'text',
    text: `Message ${n}`,
    attachments: [],
    status: 'received',
    error: null,
    author: { kind: 'contact', id: 'contact-1', name: 'Hanako' },
    reply_to: null,
    provider_id: null,
    data: {},
    reactions: [],
    created_at: at(n),
    sent_at: null,
    delivered_at: null,
    read_at: null,
    failed_at: null,
    ...fields,
  }
}

export function template(
  components: Template['components'],
  variables: (Partial<TemplateVariable> & { key: string; component: string })[],
): Template {
  return {
    id: 't',
    inbox_id: 'inbox-1',
    name: 'booking_reminder',
    language: 'en_US',
    category: 'UTILITY',
    status: 'APPROVED',
    quality: null,
    reason: null,
    definition: null,
    mapping: {},
    ttl_seconds: null,
    synced_at: '',
    parameter_format: 'positional',
    components,
    variables: variables.map((variable) => ({
      kind: 'text',
      example: '',
      label: '',
      required: true,
      ...variable,
    })),
  }
}

/** A small seeded generator: failures can be repeated. */
export function random(seed: number): () => number {
  let state = seed * 2654435761
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

/** A list of everything. */
export const anyList: ListFilter = {
  view: 'all',
  status: 'open',
  inboxId: null,
  teamId: null,
  label: null,
  unread: false,
  failed: false,
  draft: false,
  waitingOver: null,
  closingWithin: null,
  viewId: null,
  more: noMore,
  sort: null,
  q: '',
}
