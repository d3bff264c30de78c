import { createI18n } from 'vue-i18n'

import { recall, remember } from './storage'

export const languages = ['en', 'ja'] as const
export type Language = (typeof languages)[number]

export const i18n = createI18n<false>({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  missingWarn: false,
  fallbackWarn: false,
  messages: {},
})

const loaders: Record<Language, () => Promise<[{ default: object }, { default: object }]>> = {
  en: () => Promise.all([import('virtual:words/en'), import('virtual:channel-words/en')]),
  ja: () => Promise.all([import('virtual:words/ja'), import('virtual:channel-words/ja')]),
}

const loaded = new Set<Language>()
const later: Record<Language, object[]> = { en: [], ja: [] }

/** The words of a place that is not part of the first load (`locales/<language>/later`), brought by the place itself. */
export function addWords(words: Record<Language, object>): void {
  for (const language of languages) {
    later[language].push(words[language])
    if (loaded.has(language)) i18n.global.mergeLocaleMessage(language, words[language])
  }
}

/** The reader's choice if there was one, else the first language of the browser that we speak. */
export function preferredLanguage(wanted: readonly string[] = navigator.languages): Language {
  const chosen = recall('language')
  const candidates = chosen ? [chosen, ...wanted] : wanted
  for (const tag of candidates) {
    const base = tag.toLowerCase().split('-')[0]
    const match = languages.find((language) => language === base)
    if (match) return match
  }
  return 'en'
}

export async function setLanguage(language: Language, keep = true): Promise<void> {
  if (!loaded.has(language)) {
    const [own, channels] = await loaders[language]()
    i18n.global.setLocaleMessage(language, { ...own.default, channelFailure: channels.default })
    for (const words of later[language]) i18n.global.mergeLocaleMessage(language, words)
    loaded.add(language)
  }
  i18n.global.locale.value = language
  document.documentElement.lang = language
  if (keep) remember('language', language)
}

export function currentLanguage(): Language {
  return i18n.global.locale.value as Language
}

/** For modules outside components; inside, use `useI18n`. */
export function t(key: string, values: Record<string, unknown> = {}): string {
  return i18n.global.t(key, values)
}
