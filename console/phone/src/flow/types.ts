/** The screens of a Flow, as far as they are drawn here. */

export interface FlowAction {
  name: string
  next?: { name: string }
  payload?: Record<string, unknown>
  url?: string
}

export interface FlowPart {
  type: string
  name?: string
  label?: string
  text?: string | string[]
  src?: string
  required?: unknown
  visible?: unknown
  enabled?: unknown
  'helper-text'?: string
  'input-type'?: string
  'min-chars'?: number | string
  'max-chars'?: number | string
  'max-length'?: number | string
  'min-date'?: string
  'max-date'?: string
  'min-selected-items'?: number
  'max-selected-items'?: number
  'init-value'?: unknown
  'error-message'?: unknown
  'data-source'?: unknown
  'on-click-action'?: FlowAction
  'on-select-action'?: FlowAction
  condition?: string
  children?: FlowPart[]
  then?: FlowPart[]
  else?: FlowPart[]
}

export interface FlowScreen {
  id: string
  title?: string
  terminal?: boolean
  refresh_on_back?: boolean
  data?: Record<string, { __example__?: unknown }>
  layout: { children: FlowPart[] }
}

export interface FlowStep {
  flow?: string
  name?: string
  screens?: FlowScreen[]
  screen?: string
  data?: Record<string, unknown>
  done?: boolean
  error?: string
  message?: string
}

export interface Option {
  id: string
  title: string
  description?: string
}
