import { onScopeDispose, ref, type Ref, watch } from 'vue'

/** True once `source` has been true for `ms` without a break; false at once. */
export function useSettled(source: Readonly<Ref<boolean>>, ms: number): Readonly<Ref<boolean>> {
  const settled = ref(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(
    source,
    (value) => {
      clearTimeout(timer)
      if (!value) settled.value = false
      else timer = setTimeout(() => (settled.value = true), ms)
    },
    { immediate: true },
  )
  onScopeDispose(() => clearTimeout(timer))
  return settled
}
