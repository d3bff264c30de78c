const STEPS = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
] as const

/** "3 minutes", rounded down to the largest unit; below a minute in seconds, at least one. */
export function lagInWords(seconds: number, language: string): string {
  const step = STEPS.find((each) => seconds >= each.seconds)
  const value = step ? Math.floor(seconds / step.seconds) : Math.max(1, Math.round(seconds))
  const unit = step?.unit ?? 'second'
  const words = new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' })
  // Japanese puts no space between a number and its unit.
  return language === 'ja' ? words.format(value).replace(/\s/gu, '') : words.format(value)
}
