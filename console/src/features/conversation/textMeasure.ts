/** How long a text is in its channel's own unit, and for short messages: in how many parts it travels. */
export interface Limits {
  text_limit: number
  text_unit?: string
  caption_limit?: number
}

export interface Segments {
  encoding: 'gsm' | 'ucs2'
  parts: number
  /** Units still free in the last part. */
  left: number
}

export interface Measure {
  length: number
  limit: number
  segments: Segments | null
}

export function measure(text: string, limits: Limits, caption = false): Measure {
  const limit = caption && limits.caption_limit ? limits.caption_limit : limits.text_limit
  const short = limits.text_unit === 'segments'
  return {
    length: lengthIn(text, limits.text_unit),
    limit,
    segments: short ? segmentsOf(text) : null,
  }
}

function lengthIn(text: string, unit: string | undefined): number {
  if (unit === 'utf8_bytes') return new TextEncoder().encode(text).length
  if (unit === 'utf16_units') return text.length
  return Array.from(text).length
}

// GSM 03.38: one septet each, two for what stands behind the escape.
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
)
const ESCAPED = new Set('\f^{}\\[~]|€')
const ALONE = { gsm: 160, ucs2: 70 }
/** Beside the header that numbers the parts. */
const EACH = { gsm: 153, ucs2: 67 }

export function segmentsOf(text: string): Segments {
  const encoding = isGsm(text) ? 'gsm' : 'ucs2'
  const size = encoding === 'gsm' ? septets : (piece: string) => piece.length
  const used = size(text)
  if (used <= ALONE[encoding]) return { encoding, parts: 1, left: ALONE[encoding] - used }
  const most = EACH[encoding]
  let [parts, inLast] = [1, 0]
  for (const piece of pieces(text, most, size)) {
    const needed = size(piece)
    if (inLast + needed > most) [parts, inLast] = [parts + 1, 0]
    inLast += needed
  }
  return { encoding, parts, left: most - inLast }
}

function isGsm(text: string): boolean {
  for (const character of text) if (!BASIC.has(character) && !ESCAPED.has(character)) return false
  return true
}

function septets(text: string): number {
  let total = 0
  for (const character of text) total += ESCAPED.has(character) ? 2 : 1
  return total
}

/** What must not be torn apart: a letter with its marks, joined emoji, a flag. */
function* pieces(text: string, most: number, size: (piece: string) => number) {
  for (const { segment } of new Intl.Segmenter().segment(text))
    if (size(segment) <= most) yield segment
    else yield* segment
}
