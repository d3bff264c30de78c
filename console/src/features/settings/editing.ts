import { reactive, ref, type Ref } from 'vue'

import { inWords } from '@/shared/problems'
import { sayError } from '@/shared/toast'

interface Work<Item, Form> {
  /** What the form begins with: of a thing that is there, or of a new one. */
  begin: (item: Item | null) => Form
  /** What is wrong with the form, in words; '' when it may be sent. */
  check?: (form: Form) => string
  save: (form: Form, item: Item | null) => Promise<unknown>
  remove: (item: Item) => Promise<unknown>
  refresh: () => Promise<unknown>
}

/** One list with one form above it: begin, save, refuse, ask before something is deleted. */
export function useEditing<Item extends { id: string }, Form extends object>(
  work: Work<Item, Form>,
) {
  const form = ref(null) as Ref<Form | null>
  const editing = ref(null) as Ref<Item | null>
  const removing = ref(null) as Ref<Item | null>
  const busy = ref(false)
  const problem = ref('')

  function start(item: Item | null) {
    editing.value = item
    problem.value = ''
    form.value = work.begin(item)
  }

  async function save() {
    if (!form.value) return
    problem.value = work.check?.(form.value) ?? ''
    if (problem.value) return
    busy.value = true
    try {
      await work.save(form.value, editing.value)
      form.value = null
      await work.refresh()
    } catch (failure) {
      problem.value = inWords(failure)
    } finally {
      busy.value = false
    }
  }

  async function remove() {
    const item = removing.value
    removing.value = null
    if (!item) return
    await work.remove(item).catch(sayError)
    await work.refresh()
  }

  return reactive({
    form,
    editing,
    removing,
    busy,
    problem,
    start,
    save,
    remove,
    cancel: () => void (form.value = null),
    ask: (item: Item) => void (removing.value = item),
    keep: () => void (removing.value = null),
  })
}

/** As the frame around such a list sees it. */
export interface Desk {
  form: object | null
  removing: object | null
  busy: boolean
  start: (item: null) => void
  save: () => Promise<void>
  remove: () => Promise<void>
  cancel: () => void
  keep: () => void
}
