import { request } from './client'
import type { components } from './schema'

export type Costs = components['schemas']['Costs']
export type CostGroup = Costs['group']

export const getCosts = (query: { from: string; to: string; group: CostGroup }) =>
  request<Costs>('/costs', { query })
