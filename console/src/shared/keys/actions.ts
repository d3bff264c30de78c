import { onScopeDispose, shallowReactive } from 'vue'

import type { ActionName } from './shortcuts'

type Run = () => void
const actions = shallowReactive(new Map<ActionName, Run[]>())

/** What keys and the palette can ask of the place that is on the screen; the newest place is asked. */
export function useActions(offered: Partial<Record<ActionName, Run>>): void {
  const mine = Object.entries(offered) as [ActionName, Run][]
  for (const [name, run] of mine) actions.set(name, [...(actions.get(name) ?? []), run])
  onScopeDispose(() => {
    for (const [name, run] of mine) {
      const left = (actions.get(name) ?? []).filter((each) => each !== run)
      if (left.length) actions.set(name, left)
      else actions.delete(name)
    }
  })
}

export const canDo = (name: ActionName): boolean => actions.has(name)

/** False when nothing on the screen does this. */
export function act(name: ActionName): boolean {
  const run = actions.get(name)?.at(-1)
  run?.()
  return run !== undefined
}
