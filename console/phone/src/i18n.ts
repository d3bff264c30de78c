import { createI18n } from 'vue-i18n'

import en from '../locales/en.json'
import ja from '../locales/ja.json'

export type Locale = 'en' | 'ja'

const KEPT = 'phone.locale'

function preferred(): Locale {
  const kept = localStorage.getItem(KEPT)
  if (kept === 'en' || kept === 'ja') return kept
  return navigator.languages[0]?.startsWith('ja') ? 'ja' : 'en'
}

export const i18n = createI18n({
  legacy: false,
  locale: preferred(),
  fallbackLocale: 'en',
  messages: { en, ja },
})

document.documentElement.lang = i18n.global.locale.value

export function switchLocale(locale: Locale): void {
  i18n.global.locale.value = locale
  localStorage.setItem(KEPT, locale)
  document.documentElement.lang = locale
}
