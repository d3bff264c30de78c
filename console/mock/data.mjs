/** A small coffee shop to look at every screen with. */

let counter = 0
const MINUTE = 60_000
export const HOUR = 60 * MINUTE
const start = Date.now()

/** UUIDv7-like: grows with time, as the server's do. */
export function newId(at = Date.now()) {
  counter += 1
  const time = at.toString(16).padStart(12, '0')
  const tail = counter.toString(16).padStart(16, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${tail.slice(0, 3)}-8${tail.slice(3, 6)}-${tail.slice(4)}`
}
export const iso = (at) => new Date(at).toISOString()

const agent = (name, email, role) => ({
  id: newId(start - 9e9),
  name,
  email,
  role,
  locale: null,
  status: 'active',
  availability: 'available',
})
export const agents = [
  agent('Aiko Tanaka', 'aiko@example.com', 'owner'),
  agent('Kenji Mori', 'kenji@example.com', 'agent'),
  agent('Lucia Rossi', 'lucia@example.com', 'supervisor'),
]
export const me = agents[0]

export const inbox = {
  id: newId(start - 9e9),
  channel: 'whatsapp',
  name: 'みなと珈琲 / Minato Coffee',
  account: '100000000000001',
  health_facts: { display_number: '+81 50 1234 5678' },
  webhook_url: 'http://127.0.0.1:8900/webhooks/wh_9f3kQ2mZ7xT1',
  held: null,
  health: 'ok',
  health_detail: '',
  checked_at: iso(start - HOUR),
  settings: { graph_version: 'v26.0', messages_per_second: 80 },
}
const second = {
  ...inbox,
  id: newId(start - 9e9),
  name: 'Minato Roastery',
  health_facts: { display_number: '+81 50 1234 5679' },
  webhook_url: 'http://127.0.0.1:8900/webhooks/wh_7Tb1cVv0aQ8e',
  health: 'down',
  health_detail: 'The access token was refused (190).',
}
export const inboxes = [inbox, second]

const people = [
  ['佐藤 花子', '819011110001'],
  ['Maria Silva', '5511987650002'],
  ['John Carter', '447700900003'],
  ['林 怡君', '886912000004'],
  ['Priya Nair', null],
  ['Ольга Иванова', '79161230006'],
  ['محمد الفارسي', '971501230007'],
  ['Amélie Fournier', '33612340008'],
  ['高橋 健太郎', '819022220009'],
  ['Wilhelmina van der Bergen-Kowalczyk', '31612340010'],
  ...Array.from({ length: 140 }, (_, n) => [
    `Customer ${n + 1}`,
    `8190333${String(n).padStart(5, '0')}`,
  ]),
]

export const contacts = new Map()
export const conversations = new Map()
export const messages = new Map()

export function person(author) {
  return { kind: author.role ? 'agent' : 'contact', id: author.id, name: author.name }
}

const quote = (id) => {
  for (const list of messages.values()) {
    const found = list.find((each) => each.id === id)
    if (found) return { id, type: found.type, text: found.text, author: found.author }
  }
  return null
}

export function message(conversation, fields, at) {
  const out = fields.direction === 'out'
  const contact = contacts.get(conversation.contact.id)
  const made = {
    id: newId(at),
    conversation_id: conversation.id,
    direction: 'in',
    type: 'text',
    text: null,
    attachments: [],
    status: out ? 'read' : 'received',
    error: null,
    author: person(out ? me : contact),
    reply_to: null,
    provider_id: null,
    data: {},
    reactions: [],
    created_at: iso(at),
    sent_at: out ? iso(at + 400) : null,
    delivered_at: out ? iso(at + 1400) : null,
    read_at: out ? iso(at + 61_000) : null,
    failed_at: null,
    ...fields,
  }
  if (made.reply_to) made.reply_to = quote(made.reply_to)
  if (['queued', 'sending', 'sent', 'failed', 'uncertain'].includes(made.status)) {
    made.delivered_at = made.read_at = null
    if (made.status !== 'sent') made.sent_at = null
  }
  if (made.status === 'delivered') made.read_at = null
  messages.get(conversation.id).push(made)
  conversation.last_message = made
  conversation.last_activity_id = made.id
  conversation.updated_at = iso(at)
  return made
}

people.forEach(([name, phone], index) => {
  const at = start - index * 47 * MINUTE - (index > 20 ? 2 * 24 * HOUR : 0)
  const contact = {
    id: newId(start - 6e9),
    name,
    locale: null,
    identities: [
      {
        channel: 'whatsapp',
        kind: 'bsuid',
        value: `JP.${13491208655302741918n + BigInt(index)}`,
        verified: true,
      },
      phone
        ? { channel: 'whatsapp', kind: 'phone', value: phone, verified: true }
        : { channel: 'whatsapp', kind: 'username', value: 'priya.n', verified: true },
    ],
    attributes: index === 0 ? { 会員番号: 'M-20418', 誕生月: '11月' } : {},
    created_at: iso(at - 40 * 24 * HOUR),
    updated_at: iso(at),
  }
  contacts.set(contact.id, contact)
  const owner = [me, null, agents[1], me, null, agents[2], null, me][index % 8]
  const inboundAt = at - 5 * MINUTE
  const left = index === 3 ? -6 * HOUR : index === 7 ? 2.6 * HOUR : 24 * HOUR - (start - inboundAt)
  const conversation = {
    id: newId(at - 30 * 24 * HOUR),
    inbox_id: inbox.id,
    inbox: { id: inbox.id, name: inbox.name, channel: 'whatsapp' },
    channel: 'whatsapp',
    contact: { id: contact.id, name },
    status: 'open',
    assignee: owner ? { id: owner.id, name: owner.name } : null,
    claim: 1,
    labels: index === 1 ? ['VIP'] : [],
    unread: owner === null ? (index % 3) + 1 : index === 7 ? 2 : 0,
    last_message: null,
    window: {
      open: left > 0,
      closes_at: iso(start + left),
      allowed: left > 0 ? ['text', 'image', 'template'] : ['template'],
    },
    created_at: iso(at - 30 * 24 * HOUR),
    updated_at: iso(at),
  }
  conversations.set(conversation.id, conversation)
  messages.set(conversation.id, [])
  fillThread(conversation, index, at)
})

function fillThread(conversation, index, at) {
  const say = (fields, minutesAgo) => message(conversation, fields, at - minutesAgo * MINUTE)
  if (index === 0) return fillEverything(conversation, say)
  const replies = [
    ['Olá! Vocês enviam grãos para o Brasil?', 'Oi Maria! Enviamos sim, em 5 a 8 dias.'],
    [
      'Is the terrace open on Sunday? https://minato.example/terrace.',
      'It is, from nine. See you then!',
    ],
    ['請問週末有沒有手沖課程？', '有的，週六下午兩點。'],
    ['Hi, do you have decaf?', 'We do — a Colombian one this month.'],
  ]
  const [question, answer] = replies[index % replies.length]
  say({ text: question }, 9)
  if (index % 2 === 0 || conversation.assignee)
    say(
      {
        direction: 'out',
        text: answer,
        status: ['read', 'delivered', 'sent', 'failed', 'queued'][index % 5],
        error:
          index % 5 === 3
            ? {
                code: 'undeliverable',
                provider_code: '131026',
                title: 'Message undeliverable',
                detail: null,
              }
            : null,
        author: conversation.assignee ? { kind: 'agent', ...conversation.assignee } : person(me),
      },
      7,
    )
  if (conversation.unread) say({ text: index % 3 ? 'ありがとうございます！' : 'Thanks 🙏' }, 5)
}

function picture(id, width, height, extra = {}) {
  return {
    id,
    name: `photo-${id}.svg`,
    content_type: 'image/svg+xml',
    size: 184_320,
    url: `/api/v1/media/${id}`,
    state: 'stored',
    width,
    height,
    ...extra,
  }
}

function fillEverything(conversation, say) {
  const DAY = 24 * 60
  for (let n = 90; n > 0; n -= 1)
    say(
      n % 3
        ? { text: `昨日の続きです（${n}）。予約の時間を変更できますか？` }
        : { direction: 'out', text: `かしこまりました。${n}番のご予約を変更いたしました。` },
      3 * DAY + n * 6,
    )
  say(
    {
      direction: 'out',
      type: 'template',
      text: '花子様、明日10:00にご予約をいただいております。',
      data: {
        template: {
          name: 'booking_reminder',
          language: 'ja',
          variables: {},
          rendered: {
            header: 'ご予約の確認',
            body: '花子様、明日10:00にご予約をいただいております。\nご都合が変わった場合はお知らせください。',
            footer: 'みなと珈琲',
            buttons: [
              { type: 'URL', text: '予約を見る', url: 'https://minato.example/b/1' },
              { type: 'QUICK_REPLY', text: '変更する' },
            ],
          },
        },
      },
    },
    DAY + 200,
  )
  say(
    {
      text: '変更する',
      data: { reply: { kind: 'button', id: 'change', title: '変更する' } },
      reply_to: messages.get(conversation.id).at(-1).id,
    },
    DAY + 190,
  )
  say(
    {
      type: 'system',
      text: 'assigned',
      direction: 'out',
      author: person(agents[2]),
      data: {
        system: {
          kind: 'assigned',
          by: { id: agents[2].id, name: agents[2].name },
          agent: { id: me.id, name: me.name },
        },
      },
    },
    DAY + 180,
  )
  const list = say(
    {
      direction: 'out',
      type: 'interactive',
      text: 'ご希望の時間をお選びください。',
      data: {
        interactive: {
          kind: 'list',
          body: 'ご希望の時間をお選びください。',
          button: '時間を見る',
          sections: [
            {
              title: '土曜日',
              rows: [
                { id: 'a', title: '10:00', description: '窓側の席' },
                { id: 'b', title: '14:30' },
              ],
            },
          ],
        },
      },
    },
    DAY + 170,
  )
  say(
    {
      text: '14:30',
      type: 'interactive',
      data: { reply: { kind: 'list', id: 'b', title: '14:30' } },
      reply_to: list.id,
    },
    DAY + 160,
  )
  say(
    {
      direction: 'out',
      type: 'interactive',
      text: 'ケーキもご用意しますか？',
      data: {
        interactive: {
          kind: 'buttons',
          body: 'ケーキもご用意しますか？',
          footer: '前日までにお知らせください',
          buttons: [
            { id: 'y', title: 'お願いします' },
            { id: 'n', title: '今回は不要です' },
          ],
        },
      },
      reactions: [{ emoji: '❤️', author: { kind: 'contact', id: 'x', name: '佐藤 花子' } }],
    },
    DAY + 150,
  )
  say(
    {
      type: 'order',
      data: {
        catalog_id: '1',
        items: [
          { product_id: 'ETH-YIRGA-200', quantity: 2, price: 1480, currency: 'JPY' },
          { product_id: 'DRIP-SET-03', quantity: 1, price: 3200, currency: 'JPY' },
        ],
        note: '浅煎りでお願いします',
      },
    },
    130,
  )
  say(
    {
      text: 'こんにちは。広告を見ました。',
      data: { referral: { headline: '秋のブレンド 10% OFF', source_type: 'ad' } },
    },
    120,
  )
  say(
    { type: 'image', text: 'この豆はまだありますか？', attachments: [picture('p1', 1200, 900)] },
    119,
  )
  say({ type: 'image', attachments: [picture('p2', 800, 1200)] }, 118)
  say(
    {
      direction: 'out',
      text: 'はい、ございます。詳しくはこちらをご覧ください。 https://minato.example/beans/ethiopia?lot=12 （在庫は毎朝更新しています）',
    },
    110,
  )
  say({ direction: 'out', text: '200gで1,480円です。' }, 110)
  say(
    {
      direction: 'out',
      type: 'document',
      text: '今月のメニューです。',
      attachments: [
        {
          id: 'd1',
          name: 'みなと珈琲_メニュー_2026年11月.pdf',
          content_type: 'application/pdf',
          size: 1_843_200,
          url: '/api/v1/media/d1',
          state: 'stored',
        },
      ],
    },
    109,
  )
  say(
    {
      type: 'audio',
      data: { voice: true },
      attachments: [
        {
          id: 'a1',
          name: '',
          content_type: 'audio/ogg',
          size: 23_000,
          url: '/api/v1/media/a1',
          state: 'stored',
          duration: 14,
        },
      ],
    },
    100,
  )
  say({ type: 'sticker', attachments: [picture('s1', 512, 512)] }, 99)
  say(
    {
      type: 'location',
      data: {
        latitude: 35.4437,
        longitude: 139.638,
        name: '横浜駅',
        address: '神奈川県横浜市西区高島2丁目',
      },
    },
    90,
  )
  say(
    {
      type: 'contacts',
      data: {
        contacts: [
          {
            name: '佐藤 太郎',
            phones: [{ phone: '+81 90 1111 0099' }],
            emails: [{ email: 'taro@example.jp' }],
          },
        ],
      },
    },
    89,
  )
  say(
    { type: 'image', attachments: [picture('x1', 900, 900, { state: 'pending', url: null })] },
    80,
  )
  say(
    {
      type: 'video',
      attachments: [{ ...picture('x2', 900, 500), name: 'clip.mp4', state: 'expired', url: null }],
    },
    79,
  )
  say({ type: 'image', attachments: [picture('x3', 900, 500, { state: 'failed', url: null })] }, 78)
  say({ type: 'unsupported', data: { unsupported: { type: 'poll', reason: 'unknown_type' } } }, 70)
  say({ text: '転送します：11/30は祝日ですか？', data: { forwarded: 'once' } }, 60)
  say({ direction: 'out', text: '通常営業です。', author: person(agents[1]), status: 'read' }, 50)
  say(
    {
      direction: 'out',
      text: 'ご注文の品を発送しました 📦',
      status: 'failed',
      error: {
        code: 'undeliverable',
        provider_code: '131026',
        title: 'Message undeliverable',
        detail: null,
      },
    },
    40,
  )
  say({ direction: 'out', text: '発送のお知らせです。', status: 'uncertain' }, 35)
  const asked = say(
    {
      text: '友人にも勧めたいのですが、ギフト包装はできますか？できれば英語のカードも付けていただきたいです。',
    },
    20,
  )
  say(
    {
      direction: 'out',
      text: 'もちろんです。英語のカードもお付けします。',
      reply_to: asked.id,
      status: 'delivered',
    },
    12,
  )
  say({ text: '👍' }, 11)
  say(
    {
      text: 'ありがとうございます！楽しみにしています。',
      reactions: [{ emoji: '🙏', author: person(me) }],
    },
    10,
  )
  say({ direction: 'out', text: 'こちらこそ、ありがとうございます。', status: 'sent' }, 8)
}

const body = (text, variables) => ({ components: [{ type: 'BODY', text }], variables })
const bodyVars = (examples) =>
  examples.map((example, i) => ({ component: 'body', kind: 'text', key: String(i + 1), example }))
const template = (name, language, category, status, rest) => ({
  id: newId(),
  inbox_id: inbox.id,
  name,
  language,
  category,
  status,
  quality: 'GREEN',
  parameter_format: 'positional',
  ...rest,
})
export const templates = [
  template(
    'booking_reminder',
    'ja',
    'UTILITY',
    'APPROVED',
    body(
      '{{1}} 様、{{2}} の {{3}} にご予約をいただいております。ご都合が変わった場合はこのメッセージにご返信ください。',
      bodyVars(['花子', '11月30日', '10:00']),
    ),
  ),
  template(
    'booking_reminder',
    'en_US',
    'UTILITY',
    'APPROVED',
    body(
      'Hi {{1}}, a reminder of your table on {{2}} at {{3}}. Reply here if anything changes.',
      bodyVars(['Hanako', '30 November', '10:00']),
    ),
  ),
  template('order_shipped', 'en_US', 'UTILITY', 'APPROVED', {
    components: [
      { type: 'HEADER', format: 'TEXT', text: 'Order {{1}}' },
      {
        type: 'BODY',
        text: 'Good news, {{1}}! Your coffee left our roastery today and should arrive on {{2}}.',
      },
      { type: 'FOOTER', text: 'Minato Coffee' },
      {
        type: 'BUTTONS',
        buttons: [{ type: 'URL', text: 'Track it', url: 'https://minato.example/t/{{1}}' }],
      },
    ],
    variables: [
      { component: 'header', kind: 'text', key: 'header.1', example: 'A-1042' },
      ...bodyVars(['Hanako', 'Friday']),
      { component: 'button', kind: 'url', label: 'Track it', key: 'button.0', example: 'A-1042' },
    ],
  }),
  template('welcome_back', 'en_US', 'MARKETING', 'APPROVED', {
    parameter_format: 'named',
    components: [
      {
        type: 'BODY',
        text: 'Welcome back, {{first_name}}! The autumn blend is here. Shall we keep a bag for you?',
      },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'QUICK_REPLY', text: 'Yes, please' },
          { type: 'QUICK_REPLY', text: 'Not today' },
        ],
      },
    ],
    variables: [
      {
        component: 'body',
        kind: 'text',
        label: 'first_name',
        key: 'first_name',
        example: 'Hanako',
      },
    ],
  }),
  template(
    'spring_sale',
    'en_US',
    'MARKETING',
    'PENDING',
    body('Spring sale from {{1}}.', bodyVars(['1 April'])),
  ),
  template(
    'weekly_offer',
    'en_US',
    'MARKETING',
    'PAUSED',
    body('This week: {{1}}.', bodyVars(['espresso'])),
  ),
  template(
    'free_money',
    'en_US',
    'MARKETING',
    'REJECTED',
    body('Free for {{1}}.', bodyVars(['you'])),
  ),
]

const field = (key, en, ja, type = 'text', rest = {}) => ({
  key,
  label: { en, ja },
  type,
  required: true,
  help: {},
  ...rest,
})
export const channels = [
  {
    name: 'whatsapp',
    title: { en: 'WhatsApp', ja: 'WhatsApp' },
    capabilities: {},
    credentials: [
      field('phone_number_id', 'Phone number ID', '電話番号ID', 'text', {
        help: {
          en: 'In Meta’s app dashboard, under WhatsApp › API setup.',
          ja: 'Metaのアプリ管理画面の「WhatsApp › API設定」にあります。',
        },
      }),
      field('business_account_id', 'Business account ID', 'ビジネスアカウントID'),
      field('access_token', 'Access token', 'アクセストークン', 'secret'),
      field('app_secret', 'App secret', 'app secret', 'secret'),
      field('verify_token', 'Verify token', '検証トークン', 'secret'),
    ],
    settings: [
      field('graph_url', 'Graph API', 'Graph API', 'url', {
        default: 'https://graph.facebook.com',
        required: false,
      }),
      field('graph_version', 'Version', 'バージョン', 'text', {
        default: 'v26.0',
        required: false,
      }),
      field('messages_per_second', 'Messages per second', '1秒あたりの送信数', 'number', {
        default: 80,
        required: false,
      }),
    ],
  },
]
export const setAside = [
  {
    id: newId(),
    inbox_id: inbox.id,
    reason: 'unreadable',
    detail: 'Broken JSON at byte 412',
    created_at: iso(start - 3 * HOUR),
  },
  {
    id: newId(),
    inbox_id: inbox.id,
    reason: 'unknown',
    detail: 'field: business_capability_update',
    created_at: iso(start - 26 * HOUR),
  },
]
