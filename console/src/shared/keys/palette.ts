import { ref } from 'vue'

/** What the palette asks for: anything, or one thing about the open conversation. */
export type PalettePage = 'root' | 'assign' | 'labels' | 'snooze' | 'theme' | 'language'

export const palettePage = ref<PalettePage | null>(null)
export const helpOpen = ref(false)
