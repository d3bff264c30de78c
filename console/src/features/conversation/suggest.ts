/** What is being typed after an `@` or a `/`: who or which quick reply is meant. */
export interface Trigger {
  sign: '@' | '/'
  /** Where the sign stands; what is picked replaces from here to the caret. */
  from: number
  query: string
}

/** Japanese keyboards type the wide signs. */
const SIGNS: Record<string, Trigger['sign']> = { '@': '@', '＠': '@', '/': '/', '／': '/' }
const LONGEST = 40

/** The sign begins the text or follows a blank, so that addresses and dates are left alone. */
export function triggerAt(text: string, caret: number, signs: string): Trigger | null {
  for (let at = caret - 1; at >= 0 && caret - at <= LONGEST; at -= 1) {
    const character = text[at] ?? ''
    if (/\s/u.test(character)) return null
    const sign = SIGNS[character]
    if (!sign || !signs.includes(sign)) continue
    const before = text[at - 1]
    if (before === undefined || /\s/u.test(before))
      return { sign, from: at, query: text.slice(at + 1, caret) }
  }
  return null
}

const folded = (text: string) => text.normalize('NFKC').toLowerCase()

/** Those whose name or any word of it begins with the query first, then those that contain it. */
export function matchAgents<T extends { name: string }>(agents: T[], query: string): T[] {
  const wanted = folded(query)
  const rank = (agent: T) => {
    const name = folded(agent.name)
    if (name.startsWith(wanted)) return 0
    return name.split(/\s+/u).some((word) => word.startsWith(wanted)) ? 1 : 2
  }
  return agents
    .filter((agent) => folded(agent.name).includes(wanted))
    .sort((a, b) => rank(a) - rank(b))
}

interface Reply {
  shortcut: string
  text: string
  folder: string
  usage: number
}

/** By how well the shortcut fits, then by how often it is used. */
export function matchReplies<T extends Reply>(replies: T[], query: string): T[] {
  const wanted = folded(query)
  const rank = (reply: T) => {
    const shortcut = folded(reply.shortcut)
    if (shortcut.startsWith(wanted)) return 0
    if (shortcut.includes(wanted)) return 1
    return folded(`${reply.folder} ${reply.text}`).includes(wanted) ? 2 : 3
  }
  return replies
    .map((reply) => ({ reply, rank: rank(reply) }))
    .filter((each) => each.rank < 3)
    .sort((a, b) => a.rank - b.rank || b.reply.usage - a.reply.usage)
    .map((each) => each.reply)
}

/** The agents whose `@name` stands in the text; the longest name wins where one begins another. */
export function mentionsIn(text: string, agents: { id: string; name: string }[]): string[] {
  let rest = text.normalize('NFKC')
  const found: string[] = []
  for (const agent of [...agents].sort((a, b) => b.name.length - a.name.length)) {
    const sign = `@${agent.name.normalize('NFKC')}`
    if (!agent.name || !rest.includes(sign)) continue
    rest = rest.replaceAll(sign, ' ')
    found.push(agent.id)
  }
  return found
}

/** A note's text cut where it names somebody. */
export function mentionParts(
  text: string,
  mentions: { name: string }[],
): { text: string; mention: boolean }[] {
  const names = mentions.map((each) => each.name).filter(Boolean)
  if (names.length === 0) return [{ text, mention: false }]
  const any = names
    .sort((a, b) => b.length - a.length)
    .map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/gu, '\\$&'))
    .join('|')
  return text
    .split(new RegExp(`([@＠](?:${any}))`, 'u'))
    .map((part, index) => ({ text: part, mention: index % 2 === 1 }))
    .filter((part) => part.text !== '')
}
