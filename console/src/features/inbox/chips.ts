import { computed, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'

import type { Agent, Inbox } from '@/api/types'
import { useAttributes } from '@/shared/attributes/attributes'
import { useChannelChoices } from '@/shared/channels'
import { languageName } from '@/shared/languageNames'
import type { ListFilter, MoreFilter } from '@/shared/query'
import { useTeams } from '@/shared/teams'
import { calendarDate } from '@/shared/time'

import { addressOf } from './more'

export interface Chip {
  id: string
  words: string
  /** What takes it out of the address. */
  without: Record<string, string | string[] | undefined>
}

/** Each filter that narrows the list now, in words. */
export function useChips(filter: Ref<ListFilter>, inboxes: Ref<Inbox[]>, agents: Ref<Agent[]>) {
  const { t } = useI18n()
  const { teams } = useTeams()
  const { attributes } = useAttributes()
  const channels = useChannelChoices()

  function places(): Chip[] {
    const { inboxId, teamId, label, unread, failed, draft, waitingOver, closingWithin } =
      filter.value
    const inbox = inboxes.value.find(({ id }) => id === inboxId)?.name
    const team = teams.value.find(({ id }) => id === teamId)?.name
    return [
      plain('inbox', inbox),
      plain('team', team),
      plain('label', label),
      plain('unread', unread && t('list.unreadOnly')),
      plain('failed', failed && t('list.failedOnly')),
      plain('draft', draft && t('list.draftOnly')),
      plain('waiting', waitingOver && t('filters.waiting', { minutes: waitingOver })),
      plain('closing', closingWithin && t('filters.closing', { minutes: closingWithin })),
    ].filter((chip) => chip !== null)
  }

  function sheet(): Chip[] {
    const { more } = filter.value
    const one = (key: keyof MoreFilter, words: string): Chip[] =>
      more[key].length ? [chip(key, words, { ...more, [key]: '' })] : []
    const many = (key: 'labelsAny' | 'labelsAll' | 'labelsNone' | 'attributes', words: string) =>
      more[key].length ? [chip(key, words, { ...more, [key]: [] })] : []
    const day = (value: string) => (value ? calendarDate(value) : '')
    const names = (values: string[]) => values.join(t('settings.listComma'))
    return [
      ...one(
        'channel',
        channels.value.find(({ value }) => value === more.channel)?.label ?? more.channel,
      ),
      ...one(
        'agentId',
        agents.value.find(({ id }) => id === more.agentId)?.name ?? t('filters.agent'),
      ),
      ...one('language', languageName(more.language)),
      ...one('closeReason', t('filters.closedBecause', { reason: more.closeReason })),
      ...many('labelsAny', t('filters.anyOf', { names: names(more.labelsAny) })),
      ...many('labelsAll', t('filters.allOf', { names: names(more.labelsAll) })),
      ...many('labelsNone', t('filters.noneOf', { names: names(more.labelsNone) })),
      ...one('createdFrom', t('filters.createdFromIs', { day: day(more.createdFrom) })),
      ...one('createdTo', t('filters.createdToIs', { day: day(more.createdTo) })),
      ...one('updatedFrom', t('filters.updatedFromIs', { day: day(more.updatedFrom) })),
      ...one('updatedTo', t('filters.updatedToIs', { day: day(more.updatedTo) })),
      ...many('attributes', names(more.attributes.map(attributeWords))),
    ]
  }

  function attributeWords(pair: string): string {
    const at = pair.indexOf(':')
    const label = attributes.value.find(({ key }) => key === pair.slice(0, at))?.label
    return `${label ?? pair.slice(0, at)}: ${pair.slice(at + 1)}`
  }

  return computed(() => [...places(), ...sheet()])
}

function plain(key: string, words: unknown): Chip | null {
  return words ? { id: key, words: String(words as string), without: { [key]: undefined } } : null
}

const chip = (id: string, words: string, more: MoreFilter): Chip => ({
  id,
  words,
  without: addressOf(more),
})
