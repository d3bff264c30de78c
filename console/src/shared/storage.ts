/** localStorage that never throws: private windows and full disks only lose the memory. */

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(`madoguchi.${key}`)
  } catch {
    return null
  }
}

export function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`madoguchi.${key}`)
    else localStorage.setItem(`madoguchi.${key}`, value)
  } catch {
    // Nothing to do: the value lives on in memory for this page.
  }
}

/** Names that begin so, without the product's own prefix. */
export function namesOf(prefix: string): string[] {
  try {
    const whole = `madoguchi.${prefix}`
    const names = Object.keys(localStorage).filter((name) => name.startsWith(whole))
    return names.map((name) => name.slice('madoguchi.'.length))
  } catch {
    return []
  }
}

export function recallJson<T>(key: string): T | null {
  const text = recall(key)
  if (text === null) return null
  try {
    return JSON.parse(text) as T
  } catch {
    return null
  }
}
