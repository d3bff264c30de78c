import type { Notice } from '@/api/types'

/** Where a notice leads; null where there is nothing to do elsewhere. */
export function placeOf(notice: Notice): string | null {
  if (notice.kind.startsWith('template_')) return '/settings/templates'
  return notice.inbox ? `/settings/inboxes?account=${notice.inbox.id}` : null
}

/** What the texts of `notices.kind` may name. */
export function valuesOf(notice: Notice): Record<string, unknown> {
  return { ...notice.data, inbox: notice.inbox?.name ?? '' }
}
