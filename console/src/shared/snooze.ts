/** Times to snooze until are the business's: nine o'clock is nine in its own zone. */
const MORNING = 9
const HOUR = 3_600_000
const DAY = 24 * HOUR

export interface SnoozeTime {
  name: 'later' | 'tomorrow' | 'nextWeek'
  at: number
}

export function snoozeTimes(now: number, zone: string | undefined): SnoozeTime[] {
  const today = localParts(now, zone).day
  const weekday = new Date(`${today}T00:00:00Z`).getUTCDay()
  const morningIn = (days: number) =>
    instantOf(`${dayAfter(today, days)}T${String(MORNING).padStart(2, '0')}:00`, zone)
  return [
    { name: 'later', at: Math.ceil((now + 3 * HOUR) / (HOUR / 4)) * (HOUR / 4) },
    { name: 'tomorrow', at: morningIn(1) },
    { name: 'nextWeek', at: morningIn((8 - weekday) % 7 || 7) },
  ]
}

/** "2026-11-23T09:00" as read on the business's clock → the instant; NaN when it is no time. */
export function instantOf(local: string, zone: string | undefined): number {
  const wanted = Date.parse(`${local}Z`)
  if (Number.isNaN(wanted)) return wanted
  // Twice: the first guess may lie on the other side of a change of the clocks.
  const guess = wanted - offsetAt(wanted, zone)
  return wanted - offsetAt(guess, zone)
}

/** The instant as an `<input type="datetime-local">` wants it. */
export function localInput(at: number, zone: string | undefined): string {
  const { day, time } = localParts(at, zone)
  return `${day}T${time}`
}

function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10)
}

function offsetAt(at: number, zone: string | undefined): number {
  const { day, time } = localParts(at, zone)
  return Date.parse(`${day}T${time}Z`) - Math.floor(at / 60_000) * 60_000
}

function localParts(at: number, zone: string | undefined): { day: string; time: string } {
  const parts = new Map(
    new Intl.DateTimeFormat('en-GB', {
      timeZone: zone,
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    })
      .formatToParts(at)
      .map((part) => [part.type, part.value]),
  )
  return {
    day: `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`,
    time: `${parts.get('hour')}:${parts.get('minute')}`,
  }
}
