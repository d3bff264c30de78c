export interface TextPart {
  text: string
  href: string | null
}

// Schemes are listed, so that `javascript:` and friends stay text.
const LINK =
  /\b(?:https?:\/\/|www\.)[^\s<>"'`\u3000-\u303f\uff00-\uffef]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu
const TRAILING = /[.,;:!?*_~)\]}]+$/u

/** Splits text into plain and clickable parts; every character stays, in order. */
export function linkParts(text: string): TextPart[] {
  const parts: TextPart[] = []
  let end = 0
  for (const match of text.matchAll(LINK)) {
    const shown = trimEnd(match[0])
    const href = hrefOf(shown)
    if (!href) continue
    if (match.index > end) parts.push({ text: text.slice(end, match.index), href: null })
    parts.push({ text: shown, href })
    end = match.index + shown.length
  }
  if (end < text.length || parts.length === 0) parts.push({ text: text.slice(end), href: null })
  return parts
}

/** A full stop or bracket after a link belongs to the sentence, unless the link opened it. */
function trimEnd(link: string): string {
  const tail = TRAILING.exec(link)?.[0]
  if (!tail) return link
  const opened = (link.match(/\(/g) ?? []).length
  const closed = (link.match(/\)/g) ?? []).length
  if (tail === ')' && opened >= closed) return link
  return link.slice(0, -tail.length)
}

function hrefOf(shown: string): string | null {
  if (/^[\w.+-]+@/u.test(shown) && !shown.includes('/')) return `mailto:${shown}`
  try {
    const url = new URL(shown.startsWith('www.') ? `https://${shown}` : shown)
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null
  } catch {
    return null
  }
}
