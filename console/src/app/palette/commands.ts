import { keepPreviousData, useQuery } from '@tanstack/vue-query'
import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'

import { listAgents, listConversations } from '@/api/calls'
import { findContacts, peopleKeys } from '@/api/people'
import { serverNow } from '@/shared/clock'
import { languages, setLanguage } from '@/shared/i18n'
import { act, canDo } from '@/shared/keys/actions'
import { best } from '@/shared/keys/fuzzy'
import { type PalettePage, palettePage } from '@/shared/keys/palette'
import { type ActionName, keysOf } from '@/shared/keys/shortcuts'
import { useLabels } from '@/shared/labels/labels'
import { keys } from '@/shared/query'
import { maySupervise, myself, workspaceZone } from '@/shared/session'
import { snoozeTimes } from '@/shared/snooze'
import { moment } from '@/shared/time'
import { theme } from '@/shared/theme'

import type { Desk } from '../desk'

/** One line of the palette. `words` are found, too, but not shown. */
export interface Command {
  id: string
  title: string
  hint?: string
  words?: string
  keys?: string
  checked?: boolean
  /** The palette stays open, on this page. */
  page?: PalettePage
  run?: () => void
}
export interface CommandGroup {
  name: string
  commands: Command[]
}

const ON_CONVERSATION = ['reply', 'note', 'template', 'claim', 'close', 'panel'] as const
const PLACES = [
  'goMine',
  'goUnassigned',
  'goAll',
  'goContacts',
  'goSettings',
  'search',
  'help',
] as const
const THEMES = ['system', 'light', 'dark'] as const
const FOUND = 6

export function useCommands(
  page: Ref<PalettePage>,
  query: Ref<string>,
  settled: Ref<string>,
  desk: Desk,
) {
  const { t, tm, locale } = useI18n()
  const router = useRouter()
  const { labels } = useLabels()
  const { data: agents } = useQuery({ queryKey: keys.agents, queryFn: listAgents })
  const searching = computed(() => page.value === 'root' && settled.value.trim() !== '')
  const { data: contacts } = useQuery({
    queryKey: computed(() => [...peopleKeys.contacts({ q: settled.value.trim() }), 'palette']),
    queryFn: () => findContacts({ q: settled.value.trim(), limit: FOUND }),
    enabled: searching,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })
  const { data: conversations } = useQuery({
    queryKey: computed(() => ['palette-conversations', settled.value]),
    queryFn: () => listConversations({ view: 'all', q: settled.value.trim(), limit: FOUND }),
    enabled: searching,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  })

  const action = (name: ActionName): Command => ({
    id: name,
    title: t(`shortcuts.name.${name}`),
    words: t(`palette.words.${name}`),
    keys: keysOf(name),
    run: () => act(name),
  })
  const into = (name: Exclude<PalettePage, 'root'>): Command => ({
    id: name,
    title: t(`palette.page.${name}`),
    words: t(`palette.words.${name}`),
    keys: keysOf(name),
    page: name,
  })

  const onConversation = computed<Command[]>(() => {
    if (!desk.current()) return []
    const [first, second, third, ...rest] = ON_CONVERSATION.filter(canDo).map(action)
    const begin = [first, second, third].filter((each): each is Command => each !== undefined)
    return [...begin, into('assign'), into('labels'), into('snooze'), ...rest]
  })
  const places = computed<Command[]>(() => PLACES.filter(canDo).map(action))
  const looks = computed<Command[]>(() => [into('theme'), into('language')])
  const settings = computed<Command[]>(() =>
    Object.entries(tm('settings') as Record<string, { title?: unknown; text?: unknown }>)
      .filter(([, words]) => words.title && words.text)
      .map(([name]) => ({
        id: `settings-${name}`,
        title: t(`settings.${name}.title`),
        hint: t('nav.settings'),
        words: name,
        run: () => void router.push({ name: 'settings', params: { section: name } }),
      })),
  )

  const foundConversations = computed<Command[]>(() =>
    (searching.value ? (conversations.value?.items ?? []) : []).map((each) => ({
      id: `conversation-${each.id}`,
      title: each.contact.name || t('contact.nameless'),
      hint: each.last_message?.text ?? each.inbox.name,
      run: () =>
        void router.push({
          name: 'conversation',
          params: { view: 'all', conversationId: each.id },
        }),
    })),
  )
  const foundContacts = computed<Command[]>(() =>
    (searching.value ? (contacts.value?.items ?? []) : []).map((each) => ({
      id: `contact-${each.id}`,
      title: each.name || t('contact.nameless'),
      hint: t('nav.contacts'),
      run: () => void router.push({ name: 'contacts', params: { contactId: each.id } }),
    })),
  )

  const root = computed<CommandGroup[]>(() => {
    const own = [
      { name: 'conversation', commands: onConversation.value },
      { name: 'go', commands: places.value },
      { name: 'look', commands: looks.value },
    ]
    if (query.value.trim()) own.push({ name: 'settings', commands: settings.value })
    return [
      ...own.map(({ name, commands }) => ({ name, commands: matching(commands) })),
      { name: 'conversations', commands: foundConversations.value },
      { name: 'contacts', commands: foundContacts.value },
    ].filter(({ commands }) => commands.length > 0)
  })

  const matching = (commands: Command[]) =>
    best(query.value, commands, (each) => `${each.title} ${each.words ?? ''}`)

  const pages: Record<Exclude<PalettePage, 'root'>, () => Command[]> = {
    assign: () => assignees(),
    labels: () =>
      labels.value.map((label) => ({
        id: label.name,
        title: label.name,
        hint: label.category,
        checked: desk.current()?.labels.includes(label.name) ?? false,
        run: () => desk.toggleLabel(label.name),
      })),
    snooze: () => [
      ...snoozeTimes(serverNow(), workspaceZone()).map(({ name, at }) => ({
        id: name,
        title: t(`snooze.${name}`),
        hint: moment(new Date(at).toISOString()),
        run: () => desk.setStatus({ status: 'snoozed', snooze_until: new Date(at).toISOString() }),
      })),
      {
        id: 'written',
        title: t('snooze.untilWritten'),
        run: () => desk.setStatus({ status: 'snoozed', snooze_until: null }),
      },
    ],
    theme: () =>
      THEMES.map((name) => ({
        id: name,
        title: t(`theme.${name}`),
        words: name,
        checked: theme.value === name,
        run: () => (theme.value = name),
      })),
    language: () =>
      languages.map((name) => ({
        id: name,
        title: t(`language.${name}`),
        words: name,
        checked: locale.value === name,
        run: () => void setLanguage(name),
      })),
  }

  function assignees(): Command[] {
    const holder = desk.current()?.assignee?.id ?? null
    const mine = holder === myself.value?.id
    const may = maySupervise.value || mine || holder === null
    const people = (agents.value ?? []).filter((each) => each.status === 'active')
    return [
      ...(holder
        ? [{ id: 'nobody', title: t('assignee.release'), run: () => desk.assign(null) }]
        : []),
      ...people.map((each) => ({
        id: each.id,
        title: each.name,
        words: each.email,
        checked: each.id === holder,
        run: () => desk.assign(each.id),
      })),
    ].filter(() => may)
  }

  const groups = computed<CommandGroup[]>(() => {
    if (page.value === 'root') return root.value
    return [{ name: page.value, commands: matching(pages[page.value]()) }]
  })
  /** True when the palette stays open. */
  function choose(command: Command): boolean {
    if (command.page) {
      palettePage.value = command.page
      return true
    }
    command.run?.()
    return false
  }
  return { groups, choose }
}
