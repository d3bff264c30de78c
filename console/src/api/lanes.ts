import { request } from './client'
import type { components } from './schema'

export type Lanes = components['schemas']['LanesOut']
export type Lane = components['schemas']['LaneOut']

export const getLanes = () => request<Lanes>('/lanes')
