import type { ServiceWindow } from '@/api/types'

const HOUR = 3_600_000

type Times = Omit<ServiceWindow, 'kind'>

export type WindowLook = 'open' | 'closing' | 'closed' | 'none'

export interface WindowState {
  look: WindowLook
  /** Milliseconds left; 0 when closed or when the channel has no window. */
  left: number
  hours: number
  minutes: number
  seconds: number
}

const WARN_BELOW = 4 * HOUR // where the server does not say when

/** What the service window is at `now` (server time): an old snapshot may still say "open". */
export function windowState(window: Times | null | undefined, now: number): WindowState {
  if (!window?.closes_at) {
    const open = window?.open ?? true
    return split(open ? 'none' : 'closed', 0)
  }
  const left = Date.parse(window.closes_at) - now
  if (left <= 0) return split('closed', 0)
  const closing = window.warn_at ? Date.parse(window.warn_at) <= now : left < WARN_BELOW
  return split(closing ? 'closing' : 'open', left)
}

function split(look: WindowLook, left: number): WindowState {
  const total = Math.ceil(left / 1000)
  return {
    look,
    left,
    hours: Math.floor(total / 3600),
    minutes: Math.floor((total % 3600) / 60),
    seconds: total % 60,
  }
}

/** May a message of this type leave now? Templates are what remains after the window. */
export function mayFreelyWrite(window: Times | null | undefined, now: number): boolean {
  return windowState(window, now).look !== 'closed'
}
