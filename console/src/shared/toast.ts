import { ref } from 'vue'

import { inWords } from './problems'

export interface Toast {
  id: number
  text: string
  tone: 'plain' | 'failed'
  action?: ToastAction
}

export interface ToastAction {
  label: string
  run: () => void
}

export const toasts = ref<Toast[]>([])
let next = 1

export function say(text: string, tone: Toast['tone'] = 'plain', action?: ToastAction): void {
  const id = next++
  toasts.value = [...toasts.value.slice(-2), { id, text, tone, action }]
  setTimeout(() => dismiss(id), tone === 'failed' || action ? 8000 : 4000)
}

export function sayError(error: unknown): void {
  say(inWords(error), 'failed')
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id)
}
