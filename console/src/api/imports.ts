import { request, uploadTo } from './client'
import type { components } from './schema'
import type { Page } from './types'

type Schemas = components['schemas']
export type Import = Schemas['ImportOut']
export type ImportPreview = Schemas['ImportPreview']
export type StartImport = Schemas['StartImport']
export type RejectedRow = Schemas['RejectedRow']

const PATH = '/contact-imports'

export const importKeys = {
  all: ['imports'] as const,
  one: (id: string) => ['imports', id] as const,
  preview: (id: string, encoding: string, delimiter: string) =>
    ['imports', id, 'preview', encoding, delimiter] as const,
  rejected: (id: string) => ['imports', id, 'rejected'] as const,
}

export const uploadImport = (file: File, onProgress: (fraction: number) => void) =>
  uploadTo<Import>(PATH, file, onProgress)
export const listImports = () => request<Page<Import>>(PATH, { query: { limit: 20 } })
export const getImport = (id: string) => request<Import>(`${PATH}/${id}`)
export const previewImport = (id: string, encoding: string, delimiter: string) =>
  request<ImportPreview>(`${PATH}/${id}/preview`, {
    query: { encoding: encoding || undefined, delimiter: delimiter || undefined },
  })
export const startImport = (id: string, body: StartImport) =>
  request<Import>(`${PATH}/${id}/start`, { method: 'POST', body })
export const cancelImport = (id: string) =>
  request<Import>(`${PATH}/${id}/cancel`, { method: 'POST', body: {} })
export const undoImport = (id: string) =>
  request<Import>(`${PATH}/${id}/undo`, { method: 'POST', body: {} })
export const listRejected = (id: string, cursor: string | null, limit: number) =>
  request<Page<RejectedRow>>(`${PATH}/${id}/rejected`, { query: { cursor, limit } })
/** What a file of contacts may show. */
export const listColumns = () => request<string[]>('/contacts/export/columns')
