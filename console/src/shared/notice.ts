import type { MessageData } from '@/api/types'

import { t } from './i18n'
import { moment } from './time'

/** What the system says about a conversation, in the reader's language. */
export function noticeWords(data: MessageData | undefined, text: string | null): string {
  const words = plainWords(data, text)
  const note = data?.system?.note
  return note ? t('system.withNote', { words, note }) : words
}

function plainWords(data: MessageData | undefined, text: string | null): string {
  const notice = data?.system
  const by = notice?.by ?? null
  const agent = notice?.agent ?? null
  const name = by?.name ?? ''
  switch (notice?.kind) {
    case 'assigned':
      if (agent && !by)
        return t(notice.why === 'owner' ? 'system.givenToOwner' : 'system.given', {
          to: agent.name,
        })
      return agent && agent.id !== by?.id
        ? t('system.assigned', { name, to: agent.name })
        : t('system.claimed', { name })
    case 'taken_over':
      if (!agent) return t('system.takenBack', { name })
      return agent.id === by?.id
        ? t('system.takenOver', { name })
        : t('system.takenFor', { name, to: agent.name })
    case 'team':
      return teamWords(name, notice.team ?? null)
    case 'reopened':
      return name ? t('system.reopened', { name }) : t('system.openedByItself')
    case 'woken':
      return t('system.woken')
    case 'closed':
      return notice.reason
        ? t('system.closedBecause', { name, reason: notice.reason })
        : t('system.closed', { name })
    case 'snoozed':
      return notice.until
        ? t('system.snoozedUntil', { name, when: moment(notice.until) })
        : t('system.snoozed', { name })
    case 'released':
      if (!by) return t('system.leftBehind', { name: notice.previous?.name ?? '' })
      return t('system.released', { name })
    case 'split':
    case 'merged':
    case 'unmerged':
      return t(`system.${notice.kind}`, { name, subject: String(notice.subject ?? '') })
    case 'asked':
      return t(`system.${notice.kind}`, { name })
    case 'schedule_asks':
      return notice.agent
        ? t('system.scheduleAsks', { name: notice.agent.name })
        : t('system.scheduleAsksAny')
    case 'identity_changed':
      return notice.to
        ? t('system.numberChangedTo', { number: notice.to })
        : t('system.numberChanged')
    default:
      return text ?? t('system.any')
  }
}

function teamWords(name: string, team: { name: string } | null): string {
  if (!team) return t('system.teamTaken', { name })
  return name
    ? t('system.teamGiven', { name, team: team.name })
    : t('system.teamGivenBy', { team: team.name })
}
