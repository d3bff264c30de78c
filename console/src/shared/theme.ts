import { ref, watchEffect } from 'vue'

import { recall, remember } from './storage'

export type Theme = 'system' | 'light' | 'dark'

const stored = recall('theme')
export const theme = ref<Theme>(stored === 'light' || stored === 'dark' ? stored : 'system')

const darkScheme = window.matchMedia('(prefers-color-scheme: dark)')
const systemIsDark = ref(darkScheme.matches)

export function startTheme(): void {
  darkScheme.addEventListener('change', (event) => (systemIsDark.value = event.matches))
  watchEffect(() => {
    const dark = theme.value === 'dark' || (theme.value === 'system' && systemIsDark.value)
    document.documentElement.dataset.theme = dark ? 'dark' : 'light'
    remember('theme', theme.value === 'system' ? null : theme.value)
  })
}
