import { request } from './client'
import type { components } from './schema'
import type { Page } from './types'

/** The account of an inbox: what the provider keeps for the business. */
type Schemas = components['schemas']
export type Overview = Schemas['OverviewOut']
export type Profile = Schemas['ProfileOut']
export type ProfileField = Schemas['ProfileField']
export type Link = Schemas['LinkOut']
export type Blocked = Schemas['BlockedOut']
export type Block = Schemas['BlockOut']
export type Form = Schemas['Form']
export type Prompts = Schemas['Prompts']
export type Shop = Required<Schemas['Shop']>
export type Username = Schemas['Username']
export type Webhook = Schemas['WebhookOut']
export type WebhookTest = Schemas['TestOut']
export type SignedUp = Schemas['SignUpOut']
export type ArchiveKind = Schemas['SynchroniseBody']['kind']

const at = (inboxId: string, path = '') => `/inboxes/${inboxId}/account${path}`

export const accountKey = (inboxId: string, part: string) => ['account', inboxId, part] as const

export const getOverview = (id: string) => request<Overview>(at(id))
export const getProfile = (id: string) => request<Profile>(at(id, '/profile'))
export const changeProfile = (
  id: string,
  body: { values?: Record<string, unknown>; picture_media_id?: string },
) => request<Profile>(at(id, '/profile'), { method: 'PATCH', body })
export const pictureUrl = (id: string, version: number) =>
  `/api/v1${at(id, '/profile/picture')}?v=${String(version)}`

export const listLinks = (id: string) => request<Page<Link>>(at(id, '/links'))
export const addLink = (id: string, text: string) =>
  request<Link>(at(id, '/links'), { method: 'POST', body: { text } })
export const changeLink = (id: string, code: string, text: string) =>
  request<Link>(at(id, `/links/${code}`), { method: 'PATCH', body: { text } })
export const deleteLink = (id: string, code: string) =>
  request<undefined>(at(id, `/links/${code}`), { method: 'DELETE' })
export const linkImage = (id: string, code: string, form: 'svg' | 'png') =>
  `/api/v1${at(id, `/links/${code}/image`)}?form=${form}`

export const listBlocked = (id: string) => request<Page<Blocked>>(at(id, '/blocked'))
export const blockContact = (id: string, contactId: string) =>
  request<undefined>(at(id, '/blocked'), { method: 'POST', body: { contact_id: contactId } })
export const unblockContact = (id: string, contactId: string) =>
  request<undefined>(at(id, `/blocked/${contactId}`), { method: 'DELETE' })
export const listBlocks = (contactId: string) =>
  request<Page<Block>>(`/contacts/${contactId}/blocks`)

export const getPrompts = (id: string) => request<Prompts>(at(id, '/prompts'))
export const setPrompts = (id: string, body: Prompts) =>
  request<Prompts>(at(id, '/prompts'), { method: 'PUT', body })

export const getUsername = (id: string) => request<Username>(at(id, '/username'))
export const setUsername = (id: string, name: string) =>
  request<Username>(at(id, '/username'), { method: 'PUT', body: { name } })
export const deleteUsername = (id: string) =>
  request<undefined>(at(id, '/username'), { method: 'DELETE' })

export const askForName = (id: string, name: string) =>
  request<undefined>(at(id, '/display-name'), { method: 'PUT', body: { name } })
export const getShop = (id: string) => request<Shop>(at(id, '/shop'))
export const setShop = (id: string, body: Shop) =>
  request<Shop>(at(id, '/shop'), { method: 'PUT', body })

export const listForms = (id: string) => request<Page<Form>>(at(id, '/forms'))
export const publishForm = (id: string, name: string) =>
  request<Form>(at(id, '/forms'), { method: 'POST', body: { name } })

const act = (id: string, path: string, body: unknown, method: 'POST' | 'PUT' = 'POST') =>
  request<undefined>(at(id, path), { method, body })
export const registerNumber = (id: string, pin: string) => act(id, '/register', { pin })
export const deregisterNumber = (id: string) => act(id, '/deregister', {})
export const changePin = (id: string, pin: string) => act(id, '/pin', { pin }, 'PUT')
export const requestCode = (id: string, method: string, language: string) =>
  act(id, '/request-code', { method, language })
export const verifyCode = (id: string, code: string) => act(id, '/verify-code', { code })

export const synchronise = (id: string, kind: ArchiveKind) => act(id, '/synchronise', { kind })
export const signUp = (channel: string, body: Schemas['SignUpBody']) =>
  request<SignedUp>(`/channels/${channel}/sign-up`, { method: 'POST', body })

export const getWebhook = (id: string) => request<Webhook>(at(id, '/webhook'))
export const subscribe = (id: string) =>
  request<Webhook>(at(id, '/webhook'), { method: 'POST', body: { direct: true } })
export const unsubscribe = (id: string) =>
  request<undefined>(at(id, '/webhook'), { method: 'DELETE' })
export const testWebhook = (id: string) =>
  request<WebhookTest>(at(id, '/webhook/test'), { method: 'POST', body: {} })

export const changeCredentials = (id: string, credentials: Record<string, unknown>) =>
  request<unknown>(`/inboxes/${id}`, { method: 'PATCH', body: { credentials } })
