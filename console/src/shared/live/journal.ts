import type { Query, QueryClient } from '@tanstack/vue-query'

import { applyEvent, type LiveEvent } from './apply'

const KEEP = 2000

/**
 * The latest events, so that an answer which was read before an event, but arrives after it, does
 * not put an old state back on the screen: events received since a fetch began are applied again
 * on top of what it brought.
 */
export class Journal {
  private events: LiveEvent[] = []
  private dropped = 0
  private fetches = new Map<string, number>()

  constructor(private client: QueryClient) {
    client.getQueryCache().subscribe((notice) => {
      if (notice.type !== 'updated') return
      if (notice.action.type === 'fetch') this.begin(notice.query)
      if (notice.action.type === 'success' && !notice.action.manual) this.replay(notice.query)
    })
  }

  /** A place in the journal, to ask later what came after it. */
  get mark(): number {
    return this.dropped + this.events.length
  }

  add(event: LiveEvent): void {
    this.events.push(event)
    if (this.events.length > KEEP) {
      this.events.shift()
      this.dropped += 1
    }
  }

  since(mark: number): LiveEvent[] {
    return this.events.slice(Math.max(0, mark - this.dropped))
  }

  private begin(query: Query): void {
    if (!this.fetches.has(query.queryHash)) this.fetches.set(query.queryHash, this.mark)
  }

  private replay(query: Query): void {
    const mark = this.fetches.get(query.queryHash)
    this.fetches.delete(query.queryHash)
    if (mark === undefined) return
    for (const event of this.since(mark)) applyEvent(this.client, event)
  }
}
