import * as db from './data.mjs'
import { accept } from './socket.mjs'

/** A stand-in for the server, for `MADOGUCHI_MOCK=1 npm run dev` and nothing else. */

let seq = 1
const log = []
const sockets = new Set()
const keys = new Map()
const tokens = []
let signedIn = true
let offset = 0
const now = () => Date.now() + offset

function emit(type, data) {
  seq += 1
  const event = JSON.stringify({ seq, type, data })
  log.push({ seq, event })
  for (const send of sockets) send(event)
}
const clock = () => JSON.stringify({ type: 'clock', data: { now: db.iso(now()) } })

const problem = (status, code, extra = {}) => ({
  status,
  body: { status, code, title: code, ...extra },
})
const page = (items, query, order) => {
  const limit = Number(query.get('limit') ?? 50)
  const after = query.get('cursor')
  const sorted = [...items].sort((a, b) => (order(a) < order(b) ? 1 : -1))
  const from = after ? sorted.findIndex((item) => order(item) < after) : 0
  const slice = from < 0 ? [] : sorted.slice(from, from + limit)
  const more = from >= 0 && from + limit < sorted.length
  return { items: slice, next_cursor: more ? order(slice.at(-1)) : null }
}

function visible(query) {
  const view = query.get('view') ?? 'all'
  const q = (query.get('q') ?? '').toLowerCase()
  return [...db.conversations.values()].filter(
    (c) =>
      (!query.get('status') || c.status === query.get('status')) &&
      (!query.get('inbox_id') || c.inbox_id === query.get('inbox_id')) &&
      (!query.get('contact_id') || c.contact.id === query.get('contact_id')) &&
      (view !== 'mine' || c.assignee?.id === db.me.id) &&
      (view !== 'unassigned' || !c.assignee) &&
      (!q || c.contact.name.toLowerCase().includes(q)),
  )
}

function change(conversation, fields) {
  Object.assign(conversation, fields, { updated_at: db.iso(now()) })
  const left = Date.parse(conversation.window.closes_at) - now()
  conversation.window = { ...conversation.window, open: left > 0 }
  emit('conversation.updated', { ...conversation })
  return conversation
}

function notice(conversation, kind, extra = {}) {
  const made = db.message(
    conversation,
    {
      direction: 'out',
      type: 'system',
      author: db.person(db.me),
      data: { system: { kind, by: { id: db.me.id, name: db.me.name }, ...extra } },
    },
    now(),
  )
  emit('message.created', made)
}

function send(conversation, body, key) {
  if (keys.has(key)) return { status: 201, body: keys.get(key) }
  if (conversation.assignee?.id !== db.me.id)
    return problem(409, 'not_assignee', { assignee: conversation.assignee })
  if (Date.parse(conversation.window.closes_at) < now() && body.type !== 'template')
    return problem(409, 'window_closed', { allowed: ['template'] })
  const text = body.text ?? body.caption ?? null
  const made = db.message(
    conversation,
    { direction: 'out', type: body.type, text, status: 'queued', reply_to: body.reply_to ?? null },
    now(),
  )
  if (body.media_id) made.attachments = [uploads.get(body.media_id)]
  if (body.template) describeTemplate(made, body.template)
  keys.set(key, made)
  emit('message.created', { ...made })
  change(conversation, {})
  ;['sent', 'delivered', 'read'].forEach((status, n) =>
    setTimeout(
      () => {
        Object.assign(made, { status, [`${status}_at`]: db.iso(now()) })
        emit('message.updated', { ...made })
        change(conversation, {})
      },
      600 * (n + 1),
    ),
  )
  return { status: 201, body: made }
}

function describeTemplate(made, sent) {
  const known = db.templates.find((t) => t.name === sent.name && t.language === sent.language)
  const fill = (text) => text?.replace(/\{\{(\w+)\}\}/g, (_, k) => sent.variables[k] ?? k)
  const find = (type) => known.components.find((c) => c.type === type)
  made.text = fill(find('BODY').text)
  made.data = {
    template: {
      ...sent,
      rendered: {
        header: find('HEADER')?.text,
        body: made.text,
        footer: find('FOOTER')?.text,
        buttons: find('BUTTONS')?.buttons,
      },
    },
  }
}

const uploads = new Map()
function upload(request, raw) {
  const id = db.newId()
  const head = raw.subarray(0, 2000).toString('utf8')
  const name = /filename="([^"]*)"/.exec(head)?.[1] ?? 'file'
  const type = /Content-Type: ([^\r\n]+)/.exec(head)?.[1] ?? 'application/octet-stream'
  const from = raw.indexOf('\r\n\r\n') + 4
  const media = {
    id,
    name,
    content_type: type,
    size: raw.length - from,
    url: `/api/v1/media/${id}`,
    state: 'stored',
    bytes: raw.subarray(from),
  }
  uploads.set(id, Object.defineProperty(media, 'bytes', { enumerable: false }))
  return { status: 201, body: media }
}

function counts() {
  const of = (view) => {
    const list = visible(new URLSearchParams({ view, status: 'open' }))
    return { open: list.length, unread: list.filter((c) => c.unread).length }
  }
  return { mine: of('mine'), unassigned: of('unassigned'), all: of('all') }
}

const routes = [
  [
    'POST',
    /^\/session$/,
    ({ body }) =>
      body.password === 'wrong'
        ? problem(401, 'unauthenticated')
        : ((signedIn = true), { body: {} }),
  ],
  ['DELETE', /^\/session$/, () => ((signedIn = false), { status: 204 })],
  [
    'GET',
    /^\/me$/,
    () => ({
      body: {
        agent: db.me,
        workspace: { id: 'w', name: 'みなと珈琲', time_zone: 'Asia/Tokyo', locale: 'ja' },
        seq,
        now: db.iso(now()),
        csrf_token: 'x',
      },
    }),
  ],
  ['GET', /^\/conversations\/counts$/, () => ({ body: counts() })],
  [
    'GET',
    /^\/conversations$/,
    ({ query }) => ({ body: page(visible(query), query, (c) => c.last_activity_id) }),
  ],
  ['GET', /^\/conversations\/([^/]+)$/, ({ conversation }) => ({ body: conversation })],
  [
    'PATCH',
    /^\/conversations\/([^/]+)$/,
    ({ conversation, body }) => ({ body: change(conversation, body) }),
  ],
  [
    'GET',
    /^\/conversations\/([^/]+)\/messages$/,
    ({ conversation, query }) => ({
      body: page(db.messages.get(conversation.id), query, (m) => m.id),
    }),
  ],
  [
    'POST',
    /^\/conversations\/([^/]+)\/messages$/,
    ({ conversation, body, request }) =>
      send(conversation, body, request.headers['idempotency-key']),
  ],
  [
    'POST',
    /^\/conversations\/([^/]+)\/claim$/,
    ({ conversation }) =>
      conversation.assignee
        ? problem(409, 'already_claimed', { assignee: conversation.assignee })
        : (notice(conversation, 'assigned', { agent: { id: db.me.id, name: db.me.name } }),
          {
            body: change(conversation, {
              assignee: { id: db.me.id, name: db.me.name },
              claim: conversation.claim + 1,
            }),
          }),
  ],
  [
    'PUT',
    /^\/conversations\/([^/]+)\/assignee$/,
    ({ conversation, body }) => {
      const to = db.agents.find((a) => a.id === body.agent_id)
      notice(conversation, body.take_over ? 'taken_over' : to ? 'assigned' : 'released', {
        agent: to ? { id: to.id, name: to.name } : null,
      })
      return {
        body: change(conversation, {
          assignee: to ? { id: to.id, name: to.name } : null,
          claim: conversation.claim + 1,
        }),
      }
    },
  ],
  [
    'POST',
    /^\/conversations\/([^/]+)\/ask$/,
    ({ conversation }) => (
      notice(conversation, 'asked'),
      change(conversation, {}),
      { status: 204 }
    ),
  ],
  [
    'POST',
    /^\/conversations\/([^/]+)\/read$/,
    ({ conversation }) => ({ body: change(conversation, { unread: 0 }) }),
  ],
  ['POST', /^\/conversations\/([^/]+)\/typing$/, () => ({ status: 204 })],
  [
    'GET',
    /^\/contacts$/,
    ({ query }) => ({
      body: page(
        [...db.contacts.values()].filter((c) =>
          c.name.toLowerCase().includes((query.get('q') ?? '').toLowerCase()),
        ),
        query,
        (c) => c.id,
      ),
    }),
  ],
  ['GET', /^\/contacts\/(.+)$/, ({ id }) => ({ body: db.contacts.get(id) })],
  [
    'PATCH',
    /^\/contacts\/(.+)$/,
    ({ id, body }) => {
      const contact = Object.assign(db.contacts.get(id), body)
      emit('contact.updated', contact)
      return { body: contact }
    },
  ],
  ['GET', /^\/agents$/, () => ({ body: { items: db.agents, next_cursor: null } })],
  [
    'POST',
    /^\/agents$/,
    ({ body }) => ({
      status: 201,
      body: { ...body, id: db.newId(), status: 'active', initial_password: 'kaze-umi-4821' },
    }),
  ],
  ['GET', /^\/agents\/[^/]+\/tokens$/, () => ({ body: { items: tokens, next_cursor: null } })],
  [
    'POST',
    /^\/agents\/[^/]+\/tokens$/,
    ({ body }) => {
      const token = {
        id: db.newId(),
        name: body.name,
        scopes: [],
        created_at: db.iso(now()),
        last_used_at: null,
      }
      tokens.push(token)
      return { status: 201, body: { ...token, token: 'mdg_k2vXbq8Lr0ZtQ4nJ7sWmE1yH' } }
    },
  ],
  [
    'DELETE',
    /^\/agents\/[^/]+\/tokens\/(.+)$/,
    ({ id }) => (
      tokens.splice(
        tokens.findIndex((t) => t.id === id),
        1,
      ),
      { status: 204 }
    ),
  ],
  ['GET', /^\/channels$/, () => ({ body: { items: db.channels, next_cursor: null } })],
  ['GET', /^\/inboxes$/, () => ({ body: { items: db.inboxes, next_cursor: null } })],
  [
    'POST',
    /^\/inboxes$/,
    ({ body }) => {
      const made = {
        id: db.newId(),
        health: 'unchecked',
        webhook_url: 'http://127.0.0.1:8900/webhooks/wh_new',
        ...body,
      }
      db.inboxes.push(made)
      return { status: 201, body: made }
    },
  ],
  [
    'POST',
    /^\/inboxes\/([^/]+)\/check$/,
    ({ id }) => ({
      body: Object.assign(
        db.inboxes.find((i) => i.id === id),
        { checked_at: db.iso(now()) },
      ),
    }),
  ],
  [
    'POST',
    /^\/inboxes\/([^/]+)\/templates\/sync$/,
    () => ({ body: { synced: db.templates.length } }),
  ],
  ['GET', /^\/templates$/, () => ({ body: { items: db.templates, next_cursor: null } })],
  ['GET', /^\/set-aside$/, () => ({ body: { items: db.setAside, next_cursor: null } })],
  // For looking at states: POST /api/v1/_mock/{say,clock,lock}
  [
    'POST',
    /^\/_mock\/clock$/,
    ({ body }) => {
      offset = body.offset
      for (const send of sockets) send(clock())
      return { status: 204 }
    },
  ],
  [
    'POST',
    /^\/_mock\/say$/,
    ({ body }) => {
      const conversation = [...db.conversations.values()][body.index ?? 0]
      const made = db.message(conversation, { text: body.text }, now())
      emit('message.created', made)
      change(conversation, { unread: conversation.unread + 1 })
      return { status: 204 }
    },
  ],
]

const svg = (id) => {
  const hue = [...id].reduce((sum, char) => sum + char.charCodeAt(0) * 37, 0) % 360
  if (id.startsWith('s'))
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><circle cx="50" cy="50" r="42" fill="#f5c542"/><circle cx="36" cy="42" r="5"/><circle cx="64" cy="42" r="5"/><path d="M30 60q20 22 40 0" fill="none" stroke="#000" stroke-width="5"/></svg>`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 300" preserveAspectRatio="xMidYMid slice"><rect width="400" height="300" fill="hsl(${hue} 30% 72%)"/><ellipse cx="200" cy="250" rx="170" ry="40" fill="hsl(${hue} 25% 55%)"/><rect x="130" y="120" width="140" height="120" rx="26" fill="#f7f2ea"/><path d="M270 150h24a26 26 0 0 1 0 60h-24" fill="none" stroke="#f7f2ea" stroke-width="14"/><ellipse cx="200" cy="128" rx="62" ry="12" fill="#4b2e1e"/></svg>`
}

async function read(request) {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function answer(request, response) {
  const url = new URL(request.url, 'http://mock')
  const path = url.pathname.replace('/api/v1', '')
  const raw = await read(request)
  const file = /^\/media\/(.+)$/.exec(path)
  if (file && request.method === 'GET') {
    const own = uploads.get(file[1])
    response.setHeader('Content-Type', own?.content_type ?? 'image/svg+xml')
    return response.end(own?.bytes ?? svg(file[1]))
  }
  let result = problem(404, 'not_found')
  if (!signedIn && path !== '/session') result = problem(401, 'unauthenticated')
  else if (path === '/media') result = upload(request, raw)
  else {
    for (const [method, pattern, handle] of routes) {
      const match = request.method === method && pattern.exec(path)
      if (!match) continue
      const body = raw.length ? JSON.parse(raw.toString()) : {}
      const conversation = db.conversations.get(match[1])
      if (path.startsWith('/conversations/') && match[1] && !conversation) break
      result = handle({ request, query: url.searchParams, body, id: match[1], conversation })
      break
    }
  }
  response.statusCode = result.status ?? 200
  response.setHeader(
    'Content-Type',
    result.status >= 400 ? 'application/problem+json' : 'application/json',
  )
  response.end(result.body === undefined ? undefined : JSON.stringify(result.body))
}

export function mockServer() {
  return {
    name: 'madoguchi-mock',
    configureServer(server) {
      server.middlewares.use((request, response, next) =>
        request.url.startsWith('/api/') ? void answer(request, response) : next(),
      )
      server.httpServer?.on('upgrade', (request, socket) => {
        if (!request.url.startsWith('/api/v1/live')) return
        const since = Number(new URL(request.url, 'http://mock').searchParams.get('since'))
        const send = accept(request, socket, () => sockets.delete(send))
        send(JSON.stringify({ type: 'hello', data: { seq, now: db.iso(now()) } }))
        for (const past of log) if (past.seq > since) send(past.event)
        sockets.add(send)
      })
      setInterval(() => sockets.forEach((send) => send(clock())), 5000).unref()
    },
  }
}
