import { QueryClient } from '@tanstack/vue-query'

import { isPassing } from '@/api/client'
import type { Sort, View } from '@/api/types'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // Live events keep the caches true; a refetch is for what events do not tell.
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: 10 * 60_000,
      retry: (failures, error) => isPassing(error) && failures < 20,
      retryDelay: (failures) => Math.min(1000 * 2 ** failures, 8000),
      refetchOnWindowFocus: false,
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
})

export interface ListFilter {
  view: View
  /** `any` for all of them. */
  status: string
  inboxId: string | null
  teamId: string | null
  label: string | null
  unread: boolean
  failed: boolean
  draft: boolean
  /** Minutes. */
  waitingOver: number | null
  closingWithin: number | null
  viewId: string | null
  more: MoreFilter
  /** null: the saved view's, else the newest first. */
  sort: Sort | null
  q: string
}

/** What is asked for in the sheet of filters; empty where nothing is. */
export interface MoreFilter {
  channel: string
  agentId: string
  language: string
  closeReason: string
  labelsAny: string[]
  labelsAll: string[]
  labelsNone: string[]
  /** Days, as 2026-05-01, of the business's calendar; the last one included. */
  createdFrom: string
  createdTo: string
  updatedFrom: string
  updatedTo: string
  /** `name:value` */
  attributes: string[]
}

export const noMore: MoreFilter = {
  channel: '',
  agentId: '',
  language: '',
  closeReason: '',
  labelsAny: [],
  labelsAll: [],
  labelsNone: [],
  createdFrom: '',
  createdTo: '',
  updatedFrom: '',
  updatedTo: '',
  attributes: [],
}

export const keys = {
  lists: ['conversations'] as const,
  list: (filter: ListFilter) => ['conversations', filter] as const,
  counts: ['counts'] as const,
  closeReasons: ['closeReasons'] as const,
  conversation: (id: string) => ['conversation', id] as const,
  threads: ['messages'] as const,
  thread: (id: string) => ['messages', id] as const,
  scheduled: (id: string) => ['scheduled', id] as const,
  timeline: (contactId: string) => ['timeline', contactId] as const,
  messageInfo: (id: string) => ['message-info', id] as const,
  contact: (id: string) => ['contact', id] as const,
  consents: (id: string) => ['consents', id] as const,
  contactConversations: (id: string) => ['contact-conversations', id] as const,
  agents: ['agents'] as const,
  inboxes: ['inboxes'] as const,
  channels: ['channels'] as const,
  templates: (inboxId: string | null) => ['templates', inboxId] as const,
  quickReplies: ['quick-replies'] as const,
  labels: ['labels'] as const,
  teams: ['teams'] as const,
  views: ['views'] as const,
  drafts: ['drafts'] as const,
  notices: ['notices'] as const,
  notifications: ['notifications'] as const,
  devices: ['devices'] as const,
  setAside: ['set-aside'] as const,
  tokens: (agentId: string) => ['tokens', agentId] as const,
}
