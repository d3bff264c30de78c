import { computed } from 'vue'
import { useI18n } from 'vue-i18n'

import { useAttributes } from '@/shared/attributes/attributes'
import { useChannelChoices } from '@/shared/channels'

/** What a column may become, in words. */
export function useTargetWords() {
  const { t, te } = useI18n()
  const channels = useChannelChoices()
  const { attributes } = useAttributes()
  const titles = computed(() => new Map(channels.value.map(({ value, label }) => [value, label])))
  const details = computed(() => new Map(attributes.value.map(({ key, label }) => [key, label])))
  return (target: string): string => {
    const [what = '', first = '', kind = ''] = target.split(':')
    if (what.startsWith('consent')) {
      const purpose = te(`exchange.purposes.${kind}`) ? t(`exchange.purposes.${kind}`) : kind
      return t(`exchange.target.${what}`, { channel: titles.value.get(first) ?? first, purpose })
    }
    if (what === 'attribute') return details.value.get(first) ?? first
    if (what !== 'identity') return t(`exchange.target.${what}`)
    const words = { channel: titles.value.get(first) ?? first }
    return kind === 'phone'
      ? t('exchange.target.phone', words)
      : t('exchange.target.address', words)
  }
}
