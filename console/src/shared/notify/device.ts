import { addDevice, deleteDevice, listDevices } from '@/api/calls'
import { currentLanguage } from '@/shared/i18n'
import { recall, remember } from '@/shared/storage'

import { canWork } from './worker'

export const canPush = (): boolean =>
  canWork() && 'PushManager' in window && 'Notification' in window

/** The id of this browser's entry, if it has one. */
export const thisDevice = (): string | null => recall('device')

/** Asks for leave and lets this browser ring; throws when the person or the browser says no. */
export async function ringHere(pushKey: string): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted')
    throw new DOMException('', 'NotAllowedError')
  const registration = await navigator.serviceWorker.ready
  const old = await registration.pushManager.getSubscription()
  if (old && !sameKey(old, pushKey)) await old.unsubscribe()
  const subscription = await registration.pushManager.subscribe({
    userVisibleOnly: true,
    applicationServerKey: bytesOf(pushKey),
  })
  const { endpoint, keys } = subscription.toJSON()
  const made = await addDevice({
    endpoint: endpoint ?? '',
    keys: { p256dh: keys?.p256dh ?? '', auth: keys?.auth ?? '' },
    device: matchMedia('(pointer: coarse)').matches ? 'phone' : 'desktop',
    name: browserName(navigator.userAgent),
    locale: currentLanguage(),
  })
  remember('device', made.id)
}

export async function beSilentHere(): Promise<void> {
  const id = thisDevice()
  await forgetHere()
  if (id && (await listDevices()).some((each) => each.id === id)) await deleteDevice(id)
}

/** Without the server: its entry goes when the push service no longer knows the address. */
export async function forgetHere(): Promise<void> {
  const had = thisDevice() !== null
  remember('device', null)
  if (!had || !canPush()) return
  const registration = await navigator.serviceWorker.getRegistration()
  await (await registration?.pushManager.getSubscription())?.unsubscribe()
}

function sameKey(subscription: PushSubscription, key: string): boolean {
  const used = subscription.options.applicationServerKey
  if (!used) return false
  return base64url(new Uint8Array(used)) === key
}

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/u, '')

export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0))
}

/** "Chrome · Windows": enough to tell one's own devices apart. */
export function browserName(agent: string): string {
  const browser = /Edg|Firefox|Chrome|Safari/u.exec(agent)?.[0].replace('Edg', 'Edge')
  const system = /Windows|Android|iPhone|iPad|Mac|Linux/u.exec(agent)?.[0]
  return [browser, system].filter(Boolean).join(' · ')
}
