export type Verdict = 'apply' | 'skip' | 'gap'

/** Decides what an event's number means: the next one, one already seen, or one too many. */
export class Sequence {
  constructor(private last: number) {}

  get seen(): number {
    return this.last
  }

  judge(seq: number): Verdict {
    if (seq <= this.last) return 'skip'
    if (seq > this.last + 1) return 'gap'
    this.last = seq
    return 'apply'
  }

  /** After a full refetch everything up to `seq` is in the snapshot. */
  restart(seq: number): void {
    this.last = seq
  }
}

/** Milliseconds until try number `attempt` (0 = first), with jitter so that agents do not return as one herd. */
export function backOff(attempt: number, random: () => number = Math.random): number {
  const ceiling = Math.min(500 * 2 ** attempt, 15_000)
  return Math.round(ceiling * (0.5 + random() / 2))
}
