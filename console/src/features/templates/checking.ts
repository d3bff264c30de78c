import { onScopeDispose, ref, type Ref, watch } from 'vue'

import { checkTemplate, type TemplateContent } from '@/api/calls'
import { i18n, t } from '@/shared/i18n'

const PAUSE_MS = 350

/** Asks the server for the provider's rules while somebody types; the field's name to what is wrong, in words. */
export function useCheck(inboxId: Ref<string>, content: Ref<TemplateContent>) {
  const errors = ref<Record<string, string>>({})
  const asking = ref(false)
  let timer = 0
  let turn = 0

  async function ask() {
    const mine = ++turn
    asking.value = true
    try {
      const found = await checkTemplate(inboxId.value, content.value)
      if (mine !== turn) return
      errors.value = {}
      for (const each of found.errors)
        errors.value[each.field] ??= ruleWords(each.rule, each.values ?? {}, each.message)
    } catch {
      // The server checks once more when it is submitted.
    } finally {
      if (mine === turn) asking.value = false
    }
  }

  watch(
    [inboxId, content],
    () => {
      clearTimeout(timer)
      asking.value = true
      timer = window.setTimeout(() => void ask(), PAUSE_MS)
    },
    { deep: true, immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return { errors, asking }
}

function ruleWords(rule: string, values: Record<string, unknown>, message: string): string {
  const key = `templates.rule.${rule}`
  return i18n.global.te(key) ? t(key, values) : message
}
