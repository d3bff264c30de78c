/** Words, times and sizes as a person reads them. */

export interface Piece {
  text: string
  style: 'plain' | 'bold' | 'italic' | 'strike' | 'code' | 'link'
}

const MARKED =
  /(https?:\/\/[^\s]+)|\*([^*\n]+)\*|(?<![\p{L}\p{N}])_([^_\n]+)_|~([^~\n]+)~|```([^`]+)```/gu

/** The pieces of a text with the marks people write: *bold*, _italic_, ~struck~, ```code``` and links. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = []
  let end = 0
  for (const match of text.matchAll(MARKED)) {
    if (match.index > end) found.push({ text: text.slice(end, match.index), style: 'plain' })
    const styles = ['link', 'bold', 'italic', 'strike', 'code'] as const
    const index = match.slice(1).findIndex((group) => group !== undefined)
    found.push({ text: match[index + 1] ?? '', style: styles[index] ?? 'plain' })
    end = match.index + match[0].length
  }
  if (end < text.length) found.push({ text: text.slice(end), style: 'plain' })
  return found
}

export function clockTime(at: Date | string, locale: string): string {
  return new Date(at).toLocaleTimeString(locale, {
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  })
}

/** A day's name as the head of its messages: today, yesterday, or the date. */
export function dayName(at: Date | string, now: Date, locale: string): string {
  const date = new Date(at)
  const days = Math.round((midnight(date) - midnight(now)) / 86_400_000)
  if (days === 0 || days === -1) {
    return capital(new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(days, 'day'))
  }
  const year = date.getFullYear() === now.getFullYear() ? {} : { year: 'numeric' as const }
  return date.toLocaleDateString(locale, {
    weekday: 'short',
    month: 'long',
    day: 'numeric',
    ...year,
  })
}

export function fileSize(bytes: number, locale: string): string {
  const [unit, value] =
    bytes < 1000
      ? (['byte', bytes] as const)
      : bytes < 1e6
        ? (['kilobyte', bytes / 1e3] as const)
        : (['megabyte', bytes / 1e6] as const)
  return new Intl.NumberFormat(locale, {
    style: 'unit',
    unit,
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 ? 1 : 0,
  }).format(value)
}

export function money(amount: number, currency: string, locale: string): string {
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount)
}

/** Two letters or one sign to stand for a face. */
export function initials(name: string): string {
  const latin = /^[\p{Script=Latin}\s.'-]+$/u.test(name)
  if (!latin) return [...name.trim()][0] ?? '?'
  const words = name.trim().split(/\s+/)
  return words.length > 1
    ? `${words[0]?.[0] ?? ''}${words.at(-1)?.[0] ?? ''}`
    : (words[0]?.[0] ?? '?')
}

/** A hue that stays the same for the same name. */
export function hue(name: string): number {
  return [...name].reduce((sum, sign) => (sum * 31 + (sign.codePointAt(0) ?? 0)) % 360, 7)
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1)
}
