import { ref } from 'vue'

import { inWords } from './problems'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'failed'
}

export const toasts = ref<Toast[]>([])
let next = 1

export function say(text: string, tone: Toast['tone'] = 'plain'): void {
  const id = next++
  toasts.value = [...toasts.value.slice(-2), { id, text, tone }]
  setTimeout(() => dismiss(id), tone === 'failed' ? 8000 : 4000)
}

export function sayError(error: unknown): void {
  say(inWords(error), 'failed')
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}
