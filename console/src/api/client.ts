import { ref } from 'vue'

import type { Media, Problem } from './types'

const BASE = '/api/v1'
const GET_TRIES = 3

/** A refusal in the server's own words; `code` is what callers branch on. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    readonly retryAfter: number | null = null,
  ) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`)
    this.name = 'ApiError'
  }
  get code(): string {
    return this.problem.code ?? (this.status >= 500 ? 'server' : 'unknown')
  }
}

/** The server was not reached, or answered without sense (a proxy's page, a cut connection). */
export class NetworkError extends Error {
  constructor(cause?: unknown) {
    super('network', { cause })
    this.name = 'NetworkError'
  }
}

/** True while the last answer was "not reachable" or "database down"; any good answer clears it. */
export const unreachable = ref(false)

let onSignedOut: () => void = () => undefined
/** Called once per 401 that is not the sign-in itself. */
export function whenSignedOut(handler: () => void): void {
  onSignedOut = handler
}

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  body?: unknown
  /** A list repeats its parameter. */
  query?: Record<string, string | number | boolean | string[] | null | undefined>
  idempotencyKey?: string
  signal?: AbortSignal
}

export async function request<T>(path: string, options: RequestOptions = {}): Promise<T> {
  const method = options.method ?? 'GET'
  const tries = method === 'GET' ? GET_TRIES : 1
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await once<T>(path, method, options)
    } catch (error) {
      if (attempt >= tries || !isPassing(error)) throw error
      await pause(250 * 2 ** attempt, options.signal)
    }
  }
}

/** Worth another try: nothing was decided about the request itself. */
export function isPassing(error: unknown): boolean {
  if (error instanceof NetworkError) return true
  return error instanceof ApiError && [502, 503, 504].includes(error.status)
}

async function once<T>(path: string, method: string, options: RequestOptions): Promise<T> {
  const response = await fetchOrFail(urlOf(path, options.query), {
    method,
    credentials: 'same-origin',
    headers: headersOf(method, options),
    body: sentAs(options.body),
    signal: options.signal,
  })
  if (response.ok) {
    unreachable.value = false
    return (await bodyOf(response)) as T
  }
  throw await refusal(response, path)
}

function sentAs(body: unknown): BodyInit | undefined {
  if (body === undefined || body instanceof FormData) return body
  return JSON.stringify(body)
}

async function fetchOrFail(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    unreachable.value = true
    throw new NetworkError(error)
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  if (response.status === 204) return undefined
  const text = await response.text()
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new NetworkError(error)
  }
}

async function refusal(response: Response, path: string): Promise<ApiError> {
  const problem = await problemOf(response)
  unreachable.value = [502, 503, 504].includes(response.status)
  if (response.status === 401 && path !== '/session') onSignedOut()
  const after = Number(response.headers.get('Retry-After'))
  return new ApiError(response.status, problem, Number.isFinite(after) && after > 0 ? after : null)
}

async function problemOf(response: Response): Promise<Problem> {
  try {
    return (await response.json()) as Problem
  } catch {
    return { status: response.status, title: response.statusText }
  }
}

function urlOf(path: string, query: RequestOptions['query']): string {
  const search = new URLSearchParams()
  for (const [key, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) value.forEach((each) => search.append(key, each))
    else if (value !== undefined && value !== null && value !== '') search.set(key, String(value))
  }
  const tail = search.toString()
  return `${BASE}${path}${tail ? `?${tail}` : ''}`
}

function headersOf(method: string, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (options.body !== undefined && !(options.body instanceof FormData))
    headers['Content-Type'] = 'application/json'
  if (method !== 'GET') headers['X-CSRF-Token'] = csrfToken()
  if (options.idempotencyKey) headers['Idempotency-Key'] = options.idempotencyKey
  return headers
}

export function csrfToken(): string {
  const match = /(?:^|;\s*)madoguchi_csrf=([^;]+)/.exec(document.cookie)
  return match?.[1] ? decodeURIComponent(match[1]) : ''
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new DOMException('aborted', 'AbortError'))
    })
  })
}

export const upload = (
  file: File,
  onProgress: (fraction: number) => void,
  signal?: AbortSignal,
): Promise<Media> => uploadTo<Media>('/media', file, onProgress, signal)

/** Uploads one file. XHR, because fetch cannot tell how far an upload has come. */
export function uploadTo<T>(
  path: string,
  file: File,
  onProgress: (fraction: number) => void,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = new XMLHttpRequest()
    call.open('POST', `${BASE}${path}`)
    call.setRequestHeader('X-CSRF-Token', csrfToken())
    call.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total)
    }
    call.onerror = () => reject(new NetworkError())
    call.onabort = () => reject(new DOMException('aborted', 'AbortError'))
    call.onload = () => settleUpload(call, resolve, reject)
    signal?.addEventListener('abort', () => call.abort())
    const form = new FormData()
    form.append('file', file, file.name)
    call.send(form)
  })
}

function settleUpload<T>(
  call: XMLHttpRequest,
  resolve: (made: T) => void,
  reject: (error: Error) => void,
): void {
  let body: unknown = {}
  try {
    body = JSON.parse(call.responseText)
  } catch {
    // An answer that is not JSON is judged by its status alone.
  }
  if (call.status >= 200 && call.status < 300) return resolve(body as T)
  if (call.status === 401) onSignedOut()
  reject(new ApiError(call.status, body as Problem))
}
