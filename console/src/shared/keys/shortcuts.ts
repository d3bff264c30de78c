import { ref, watch } from 'vue'

import { recall, remember } from '@/shared/storage'

/**
 * What a key does. `mod+` is Ctrl, or Cmd on a Mac; a blank is "then". Everything but `mod+` is a single
 * character and can be turned off, as WCAG 2.1.4 asks.
 */
export const SHORTCUTS = [
  { group: 'anywhere', name: 'palette', keys: 'mod+k' },
  { group: 'anywhere', name: 'help', keys: '?' },
  { group: 'anywhere', name: 'search', keys: '/' },
  { group: 'anywhere', name: 'goMine', keys: 'g m' },
  { group: 'anywhere', name: 'goUnassigned', keys: 'g u' },
  { group: 'anywhere', name: 'goAll', keys: 'g a' },
  { group: 'anywhere', name: 'goContacts', keys: 'g c' },
  { group: 'anywhere', name: 'goSettings', keys: 'g s' },
  { group: 'list', name: 'next', keys: 'j' },
  { group: 'list', name: 'previous', keys: 'k' },
  { group: 'conversation', name: 'reply', keys: 'r' },
  { group: 'conversation', name: 'note', keys: 'n' },
  // Told in the help sheet; the box itself listens (ComposerBox.vue).
  { group: 'conversation', name: 'leaveBox', keys: 'esc' },
  { group: 'conversation', name: 'claim', keys: 'c' },
  { group: 'conversation', name: 'assign', keys: 'a' },
  { group: 'conversation', name: 'labels', keys: 'l' },
  { group: 'conversation', name: 'snooze', keys: 's' },
  { group: 'conversation', name: 'close', keys: 'e' },
  { group: 'conversation', name: 'template', keys: 't' },
  { group: 'conversation', name: 'panel', keys: 'i' },
] as const

export type ActionName = (typeof SHORTCUTS)[number]['name']

export const singleKeys = ref(recall('single-keys') !== 'off')
watch(singleKeys, (on) => remember('single-keys', on ? null : 'off'))

const isApple = /mac|iphone|ipad/iu.test(navigator.platform)
const SEQUENCE_MS = 1200

/** The keys as they are printed on the keyboard, for the help sheet and the palette. */
export function printed(keys: string): string[] {
  return keys.split(' ').map((key) => key.replace('mod+', isApple ? '⌘' : 'Ctrl+').toUpperCase())
}

export const keysOf = (name: string): string | undefined =>
  SHORTCUTS.find((each) => each.name === name)?.keys

/** Follows what is typed and says which action it asks for; keeps the first key of "g m". */
export class KeyReader {
  private first = ''
  private at = 0

  read(event: KeyboardEvent): ActionName | null {
    // 229: the key belongs to an input method that is composing Japanese.
    if (event.isComposing || event.keyCode === 229 || event.repeat) return null
    if (event.altKey) return null
    if (event.ctrlKey || event.metaKey) return this.withModifier(event)
    if (!singleKeys.value || isTyping(event.target) || isBusy()) return null
    return this.single(event)
  }

  private withModifier(event: KeyboardEvent): ActionName | null {
    const pressed = `mod+${event.key.toLowerCase()}`
    if (event.shiftKey || (isApple ? event.ctrlKey : event.metaKey)) return null
    return SHORTCUTS.find((each) => each.keys === pressed)?.name ?? null
  }

  private single(event: KeyboardEvent): ActionName | null {
    const key = event.key.length === 1 ? event.key.toLowerCase() : ''
    const then = event.timeStamp - this.at < SEQUENCE_MS ? `${this.first} ${key}` : ''
    const found = SHORTCUTS.find((each) => each.keys === then || each.keys === key)
    this.first = found ? '' : key
    this.at = event.timeStamp
    return found?.name ?? null
  }
}

/** Where letters are text, or where a list goes by first letters. */
function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches('input, textarea, select, [role=combobox]'))
  )
}

/** A dialog or a menu has the keyboard. */
export function isBusy(): boolean {
  return document.querySelector('[role=dialog], [role=alertdialog], [role=menu]') !== null
}
