/**
 * How far the rows on the screen have moved, in rows, when others came or went above them: the shift that most
 * of them share. A row that jumped to the top itself does not drag the list along.
 */
export function shiftOf(visible: { id: string; index: number }[], after: string[]): number {
  if (!visible.length) return 0
  const wanted = new Map(visible.map((row) => [row.id, row.index]))
  const votes = new Map<number, number>()
  for (const [index, id] of after.entries()) {
    const before = wanted.get(id)
    if (before === undefined) continue
    votes.set(index - before, (votes.get(index - before) ?? 0) + 1)
  }
  let best = 0
  for (const [shift, n] of votes) if (n > (votes.get(best) ?? 0)) best = shift
  return best
}
