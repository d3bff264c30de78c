/** The time zones that the browser knows, the given one first. */
export function zoneOptions(first: string): { value: string; label: string }[] {
  const known = [...new Set([first, 'UTC', ...Intl.supportedValuesOf('timeZone')])]
  return known.map((value) => ({ value, label: value.replaceAll('_', ' ') }))
}

export const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
