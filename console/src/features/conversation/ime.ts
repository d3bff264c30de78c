/** What Enter means in the composer. */
export type EnterMeaning = 'send' | 'line' | 'other'

/** keyCode of a key that an input method is still working on; Safari tells it no other way. */
const IN_COMPOSITION = 229

/** An input method is still working: its keys are not ours. */
export function inComposition(event: Pick<KeyboardEvent, 'keyCode' | 'isComposing'>): boolean {
  return event.isComposing || event.keyCode === IN_COMPOSITION
}

export function enterMeaning(
  event: Pick<
    KeyboardEvent,
    'key' | 'keyCode' | 'isComposing' | 'shiftKey' | 'altKey' | 'ctrlKey' | 'metaKey'
  >,
  touch: boolean,
  sendKey: 'enter' | 'ctrl_enter' = 'enter',
): EnterMeaning {
  if (event.key !== 'Enter') return 'other'
  // Enter that confirms a Japanese, Chinese or Korean candidate must never send.
  if (inComposition(event)) return 'other'
  if (event.ctrlKey || event.metaKey) return 'send'
  const plain = event.shiftKey || event.altKey || touch || sendKey === 'ctrl_enter'
  return plain ? 'line' : 'send'
}
