import { currentLanguage, t } from './i18n'
import { workspaceZone } from './session'

const DAY = 86_400_000

const formats = new Map<string, Intl.DateTimeFormat>()

/** Formats are costly to make and rows are many, so each is made once. */
function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const zone = workspaceZone()
  const key = JSON.stringify([currentLanguage(), zone, options])
  let made = formats.get(key)
  if (!made) {
    made = new Intl.DateTimeFormat(currentLanguage(), { timeZone: zone, ...options })
    formats.set(key, made)
  }
  return made
}

export const clockTime = (iso: string) =>
  format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(Date.parse(iso))

export const fullTime = (iso: string) =>
  format({
    year: 'numeric',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(Date.parse(iso))

/** "2026-11-22", which is a day and no instant: the same in every zone. */
export const calendarDate = (day: string) =>
  Number.isNaN(Date.parse(day))
    ? day
    : format({ year: 'numeric', month: 'long', day: 'numeric', timeZone: 'UTC' }).format(
        Date.parse(day),
      )

export const fullDate = (iso: string) =>
  format({ year: 'numeric', month: 'long', day: 'numeric' }).format(Date.parse(iso))

/** "2026-11-22" in the workspace's zone: equal for two instants of one day there. */
export function dayKey(at: number): string {
  const parts = new Map(
    format({ year: 'numeric', month: '2-digit', day: '2-digit' })
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  )
  return `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`
}

export function daysAgo(iso: string, now: number): number {
  return Math.round((Date.parse(dayKey(now)) - Date.parse(dayKey(Date.parse(iso)))) / DAY)
}

/** For a row: the time today, then "Yesterday", the weekday, the date. */
export function shortTime(iso: string, now: number): string {
  const age = daysAgo(iso, now)
  if (age <= 0) return clockTime(iso)
  if (age === 1) return t('time.yesterday')
  if (age < 7) return format({ weekday: 'short' }).format(Date.parse(iso))
  if (iso.slice(0, 4) === new Date(now).toISOString().slice(0, 4))
    return format({ month: 'short', day: 'numeric' }).format(Date.parse(iso))
  return format({ year: 'numeric', month: 'numeric', day: 'numeric' }).format(Date.parse(iso))
}

/** For a date line between messages. */
export function dayLine(iso: string, now: number): string {
  const age = daysAgo(iso, now)
  if (age === 0) return t('time.today')
  if (age === 1) return t('time.yesterday')
  const sameYear = iso.slice(0, 4) === new Date(now).toISOString().slice(0, 4)
  return format({
    weekday: 'long',
    month: 'long',
    day: 'numeric',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(Date.parse(iso))
}

/** "Mon, 23 Nov, 09:00": a moment that need not be near. */
export const moment = (iso: string) =>
  format({
    weekday: 'short',
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(Date.parse(iso))

/** "today at 18:20", "yesterday at 18:20", "on 3 November at 18:20". */
export function dayAndTime(iso: string, now: number): string {
  const age = daysAgo(iso, now)
  const time = clockTime(iso)
  if (age === 0) return t('time.todayAt', { time })
  if (age === 1) return t('time.yesterdayAt', { time })
  if (age === -1) return t('time.tomorrowAt', { time })
  const day = format({ month: 'long', day: 'numeric' }).format(Date.parse(iso))
  return t('time.dayAt', { day, time })
}

export function bytes(size: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  let value = size
  let step = 0
  while (value >= 1000 && step < units.length - 1) {
    value /= 1000
    step += 1
  }
  return new Intl.NumberFormat(currentLanguage(), {
    style: 'unit',
    unit: units[step],
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
  }).format(value)
}

export const count = (value: number) => new Intl.NumberFormat(currentLanguage()).format(value)

export function money(value: number, currency: string): string {
  try {
    return new Intl.NumberFormat(currentLanguage(), { style: 'currency', currency }).format(value)
  } catch {
    return `${value} ${currency}`
  }
}
