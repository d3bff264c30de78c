import type { Overview, Webhook } from '@/api/account'

export type StepName = 'account' | 'webhook' | 'number' | 'archive' | 'profile' | 'test'

/** What the server knows of an account that is being connected; null while it is not known. */
export interface Known {
  parts: readonly string[]
  overview: Overview | null
  webhook: Webhook | null
  hasProfile: boolean
  tested: boolean
}

/** A number that stays in the provider's own app is not registered; what is in the app is fetched instead. */
export function stepsFor(known: Known): StepName[] {
  const has = (part: string) => known.parts.includes(part)
  const shared = known.overview?.facts.coexistence === true
  const all: [StepName, boolean][] = [
    ['account', true],
    ['webhook', has('webhook')],
    ['number', has('registration') && !shared],
    ['archive', has('coexistence') && shared],
    ['profile', has('profile')],
    ['test', true],
  ]
  return all.filter(([, there]) => there).map(([name]) => name)
}

/** Whether a step is done is read off the account itself, so that the walk can be left and gone on with at any time. */
export function isDone(step: StepName, known: Known): boolean {
  const { overview, webhook } = known
  switch (step) {
    case 'account':
      return Boolean(overview?.checked_at && overview.facts.display_number)
    case 'webhook':
      return webhook?.subscriptions.some((each) => each.here || !each.url) ?? false
    case 'number':
      return overview?.pin_kept === true || overview?.facts.pin === true
    case 'archive':
      return Boolean(overview?.asked_for.contacts && overview.asked_for.history)
    case 'profile':
      return known.hasProfile
    case 'test':
      return known.tested
  }
}

/** Where to go on: the first step that is not done. */
export function nextStep(known: Known): StepName {
  const steps = stepsFor(known)
  return steps.find((step) => !isDone(step, known)) ?? steps.at(-1) ?? 'account'
}
