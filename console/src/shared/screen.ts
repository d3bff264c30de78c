import { ref } from 'vue'

const narrow = window.matchMedia('(max-width: 767px)')
const roomy = window.matchMedia('(min-width: 1180px)')

/** A phone: one place at a time. */
export const isNarrow = ref(narrow.matches)
/** Room for the contact beside the conversation. */
export const isRoomy = ref(roomy.matches)
/** A finger, not a mouse: Enter makes a line there, as phone keyboards lead people to expect. */
export const isTouch = ref(window.matchMedia('(pointer: coarse)').matches)

narrow.addEventListener('change', (event) => (isNarrow.value = event.matches))
roomy.addEventListener('change', (event) => (isRoomy.value = event.matches))
