import { request } from './client'
import type { components } from './schema'
import type { Inbox } from './types'

/** The first workspace and its owner's first steps. */
type Schemas = components['schemas']
export type FirstSteps = Schemas['FirstSteps']
export type StepName = Schemas['FirstStep']['name']
export type FirstWorkspace = Schemas['FirstWorkspace']

export const getSetUp = () => request<Schemas['SetUpState']>('/setup')
export const beginSetUp = (body: FirstWorkspace) =>
  request<unknown>('/setup', { method: 'POST', body })
export const getSteps = () => request<FirstSteps>('/setup/steps')
export const markStep = (body: {
  step?: StepName
  state?: 'open' | 'done' | 'skipped'
  over?: true
}) => request<FirstSteps>('/setup/steps', { method: 'PATCH', body })
export const connectSimulator = () => request<Inbox>('/setup/simulator', { method: 'POST' })

export const stepsKey = ['first-steps'] as const
