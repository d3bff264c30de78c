import type { Consent, Template } from '@/api/types'
import { i18n, t } from '@/shared/i18n'

export interface Audience {
  consents: Consent[]
  needsConsent: boolean
}

/** Why a template may not be sent now; null when it may. */
export function whyNot(template: Template, audience: Audience): string | null {
  const status = template.status.toLowerCase()
  if (status !== 'approved') {
    const key = `templates.not.${status}`
    return i18n.global.te(key) ? t(key) : t('templates.not.other')
  }
  if (template.category.toLowerCase() !== 'marketing') return null
  const about = audience.consents.filter((each) => ['marketing', 'all'].includes(each.purpose))
  const last = about.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1))[0]
  if (last?.state === 'withdrawn') return t('templates.not.stopped')
  return !last && audience.needsConsent ? t('templates.not.noConsent') : null
}
