import { request } from './client'
import type { components } from './schema'
import type { Agent, Contact, Conversation, Page } from './types'

/** Contacts, their companies, attributes and notes. */
type Schemas = components['schemas']

export type Attribute = Schemas['AttributeOut']
export type AttributeType = Attribute['type']
export type Company = Schemas['CompanyOut']
export type ContactNote = Schemas['ContactNoteOut']
export type ContactChange = Schemas['ContactPatch']
export type NewContactBody = Schemas['NewContact']
export type NewAttributeBody = Schemas['NewAttribute']

export interface ContactQuery {
  q?: string
  company_id?: string | null
  channel?: string
  label?: string
  attribute?: string
  cursor?: string | null
  limit?: number
}

export const findContacts = (query: ContactQuery) =>
  request<Page<Contact>>('/contacts', { query: { ...query } })
export const addContact = (body: NewContactBody, key: string) =>
  request<Contact>('/contacts', { method: 'POST', body, idempotencyKey: key })
export const changeContact = (id: string, body: ContactChange) =>
  request<Contact>(`/contacts/${id}`, { method: 'PATCH', body })

export const listAttributes = async () => (await request<Page<Attribute>>('/attributes')).items
export const addAttribute = (body: NewAttributeBody) =>
  request<Attribute>('/attributes', { method: 'POST', body })
export const changeAttribute = (id: string, body: Schemas['AttributePatch']) =>
  request<Attribute>(`/attributes/${id}`, { method: 'PATCH', body })
export const deleteAttribute = (id: string) =>
  request<undefined>(`/attributes/${id}`, { method: 'DELETE' })

export const listCompanies = (query: { q?: string; cursor?: string | null; limit?: number }) =>
  request<Page<Company>>('/companies', { query })
export const getCompany = (id: string) => request<Company>(`/companies/${id}`)
export const addCompany = (body: { name: string; domain?: string | null }) =>
  request<Company>('/companies', { method: 'POST', body })
export const changeCompany = (id: string, body: { name?: string; domain?: string | null }) =>
  request<Company>(`/companies/${id}`, { method: 'PATCH', body })
export const deleteCompany = (id: string) =>
  request<undefined>(`/companies/${id}`, { method: 'DELETE' })

export const listContactNotes = (id: string) =>
  request<Page<ContactNote>>(`/contacts/${id}/notes`, { query: { limit: 200 } })
export const addContactNote = (id: string, text: string) =>
  request<ContactNote>(`/contacts/${id}/notes`, { method: 'POST', body: { text } })
export const changeContactNote = (id: string, noteId: string, text: string) =>
  request<ContactNote>(`/contacts/${id}/notes/${noteId}`, { method: 'PATCH', body: { text } })
export const deleteContactNote = (id: string, noteId: string) =>
  request<undefined>(`/contacts/${id}/notes/${noteId}`, { method: 'DELETE' })

export const peopleKeys = {
  attributes: ['attributes'] as const,
  companies: (q: string) => ['companies', q] as const,
  company: (id: string) => ['company', id] as const,
  notes: (contactId: string) => ['contact-notes', contactId] as const,
  contacts: (query: ContactQuery) => ['contacts', query] as const,
}

export const mergeContact = (id: string, into: string) =>
  request<Contact>(`/contacts/${id}/merge`, { method: 'POST', body: { into } })
export const unmergeContact = (id: string) =>
  request<Contact>(`/contacts/${id}/unmerge`, { method: 'POST' })

export type SameNumber = Schemas['SameNumber']
export const listSameNumber = (id: string) => request<SameNumber[]>(`/contacts/${id}/same-number`)
export type Way = Schemas['Way']
export const listWays = (contactId: string) => request<Way[]>(`/contacts/${contactId}/ways`)
export const goOnIn = (contactId: string, inboxId: string) =>
  request<Conversation>(`/contacts/${contactId}/conversations`, {
    method: 'POST',
    body: { inbox_id: inboxId },
  })

export type AssignmentRule = Schemas['AssignmentRule']
export const getAssignment = (inboxId: string) =>
  request<AssignmentRule>(`/inboxes/${inboxId}/assignment`)
export const setAssignment = (inboxId: string, rule: AssignmentRule) =>
  request<AssignmentRule>(`/inboxes/${inboxId}/assignment`, { method: 'PUT', body: rule })
export const setAvailability = (agentId: string, availability: string) =>
  request<unknown>(`/agents/${agentId}/availability`, { method: 'PUT', body: { availability } })

// set-up
export type WorkspaceProfile = Schemas['WorkspaceProfile']
export type AuditEntry = Schemas['AuditEntry']
export type Invited = Schemas['Invited']
export const getWorkspace = () => request<WorkspaceProfile>('/workspace')
export function setLogo(file: File) {
  const form = new FormData()
  form.append('file', file, file.name)
  return request<WorkspaceProfile>('/workspace/logo', { method: 'PUT', body: form })
}
export const removeLogo = () => request<undefined>('/workspace/logo', { method: 'DELETE' })
export const changeWorkspace = (body: Partial<Omit<WorkspaceProfile, 'id'>>) =>
  request<WorkspaceProfile>('/workspace', { method: 'PATCH', body })
export const listAudit = (cursor: string | null) =>
  request<Page<AuditEntry>>('/audit', { query: { cursor, limit: 50 } })
export const changeAgent = (id: string, body: Record<string, string>) =>
  request<Agent>(`/agents/${id}`, { method: 'PATCH', body })
export const inviteAgent = (id: string) =>
  request<Schemas['Invitation']>(`/agents/${id}/invitation`, { method: 'POST' })
export const revokeInvitation = (id: string) =>
  request<undefined>(`/agents/${id}/invitation`, { method: 'DELETE' })
export type OwnSession = Schemas['SessionOut']
export const listSessions = () => request<OwnSession[]>('/me/sessions')
export const endSession = (id: string) =>
  request<undefined>(`/me/sessions/${id}`, { method: 'DELETE' })
export const endOtherSessions = () => request<undefined>('/me/sessions', { method: 'DELETE' })
export const readInvitation = (token: string) => request<Invited>(`/invitations/${token}`)
export const acceptInvitation = (token: string, password: string) =>
  request<undefined>(`/invitations/${token}`, { method: 'POST', body: { password } })

// second factor
export type SecondFactor = Schemas['SecondFactorOut']
export type SecondFactorBegun = Schemas['SecondFactorBegun']
export const getSecondFactor = () => request<SecondFactor>('/me/second-factor')
export const beginSecondFactor = (password: string) =>
  request<SecondFactorBegun>('/me/second-factor', { method: 'POST', body: { password } })
export const confirmSecondFactor = (code: string) =>
  request<Schemas['RecoveryCodes']>('/me/second-factor/confirm', { method: 'POST', body: { code } })
export const endSecondFactor = (password: string) =>
  request<undefined>('/me/second-factor/off', { method: 'POST', body: { password } })
export const listSecondFactors = () =>
  request<Schemas['AgentSecondFactor'][]>('/agents/second-factors')
export const resetSecondFactor = (agentId: string) =>
  request<undefined>(`/agents/${agentId}/second-factor`, { method: 'DELETE' })
