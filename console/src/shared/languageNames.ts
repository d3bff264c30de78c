import { currentLanguage, languages } from './i18n'

/** Languages that customers write in, by their names in the reader's language. */
const CODES = [
  'en',
  'ja',
  'zh',
  'ko',
  'es',
  'pt',
  'fr',
  'de',
  'it',
  'vi',
  'th',
  'id',
  'hi',
  'ar',
  'ru',
  'tr',
]

export function languageName(code: string): string {
  if (!/^[a-z]{2,3}$/u.test(code)) return code
  return new Intl.DisplayNames([currentLanguage()], { type: 'language' }).of(code) ?? code
}

export const languageChoices = () =>
  [...new Set<string>([...languages, ...CODES])].map((value) => ({
    value,
    label: languageName(value),
  }))
