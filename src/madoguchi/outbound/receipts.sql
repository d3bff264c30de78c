-- name: resolve
-- Our message for each receipt: by the provider's id, else by the reference that travelled with the request (it works
-- before the answer to the send was stored, and for sends whose outcome was never known), unless an agent has sent the
-- message again since: what became of the earlier try says nothing about the new one.
SELECT g.position, coalesce(by_id.id, by_reference.id) AS message_id
  FROM json_to_recordset(%(rows)s::json)
           AS g (position int, workspace_id uuid, inbox_id uuid, provider_id text, reference uuid, retries int)
  LEFT JOIN messages by_id ON by_id.workspace_id = g.workspace_id AND by_id.inbox_id = g.inbox_id
                          AND by_id.provider_id = g.provider_id
  LEFT JOIN messages by_reference ON by_reference.workspace_id = g.workspace_id AND by_reference.id = g.reference
                                 AND by_reference.inbox_id = g.inbox_id AND by_reference.direction = 'out'
                                 AND by_reference.retries = g.retries
                                 AND (by_reference.provider_id IS NULL OR by_reference.provider_id = g.provider_id)
 WHERE coalesce(by_id.id, by_reference.id) IS NOT NULL;

-- name: add_statuses
INSERT INTO message_statuses (workspace_id, message_id, status, provider_at, received_at, data)
SELECT DISTINCT ON (g.workspace_id, g.message_id, g.status)
       g.workspace_id, g.message_id, g.status, g.provider_at, %(now)s::timestamptz, g.data
  FROM json_to_recordset(%(rows)s::json)
           AS g (workspace_id uuid, message_id uuid, status text, provider_at timestamptz, data jsonb)
 ORDER BY g.workspace_id, g.message_id, g.status, g.provider_at
ON CONFLICT (workspace_id, message_id, status) DO NOTHING
RETURNING workspace_id, message_id;

-- name: advance
-- The furthest status wins, in any order of arrival; a failure ranks above "sent" and below "delivered", because what
-- was delivered did not fail. Each time column keeps the provider's time of its first report. What the provider has is
-- not tried again, whatever it answered to the last try.
WITH given AS MATERIALIZED (
    SELECT * FROM json_to_recordset(%(rows)s::json)
             AS g (workspace_id uuid, message_id uuid, rank int, error jsonb, provider_id text, sent_at timestamptz,
                   delivered_at timestamptz, read_at timestamptz, failed_at timestamptz)
), tried_again AS (
    DELETE FROM outbox o
     USING given g
     WHERE o.workspace_id = g.workspace_id AND o.message_id = g.message_id AND g.rank <> 6
       AND o.attempts > 0 AND NOT o.sending
)
UPDATE messages m
   SET status = CASE WHEN g.rank > array_position(ARRAY['scheduled', 'queued', 'sending', 'uncertain', 'sent', 'failed',
                                                        'delivered', 'read'], m.status)
                     THEN (ARRAY['scheduled', 'queued', 'sending', 'uncertain', 'sent', 'failed', 'delivered', 'read'])[g.rank]
                     ELSE m.status END,
       error = CASE WHEN g.rank = 6 AND array_position(ARRAY['scheduled', 'queued', 'sending', 'uncertain', 'sent', 'failed',
                                                             'delivered', 'read'], m.status) < 6
                    THEN g.error
                    WHEN g.rank > 6 THEN NULL
                    ELSE m.error END,
       provider_id = coalesce(m.provider_id, g.provider_id),
       data = CASE WHEN m.data ? 'held' THEN m.data - 'held' ELSE m.data END,
       sent_at = coalesce(g.sent_at, m.sent_at),
       delivered_at = coalesce(m.delivered_at, g.delivered_at),
       read_at = coalesce(m.read_at, g.read_at),
       failed_at = coalesce(m.failed_at, g.failed_at)
  FROM given g
 WHERE m.workspace_id = g.workspace_id AND m.id = g.message_id;

-- name: close_windows
UPDATE conversations v SET window_closes_at = least(v.window_closes_at, g.at)
  FROM unnest(%(workspaces)s::uuid[], %(messages)s::uuid[], %(times)s::timestamptz[]) AS g (workspace_id, message_id, at)
  JOIN messages m ON m.workspace_id = g.workspace_id AND m.id = g.message_id
 WHERE v.workspace_id = m.workspace_id AND v.id = m.conversation_id
   -- A message that the customer wrote after the refusal opened the window again.
   AND (v.last_inbound_at IS NULL OR v.last_inbound_at <= g.at)
RETURNING v.workspace_id, v.id;

-- name: set_free
-- Until when nothing costs, in the provider's own words.
UPDATE conversations v SET free_until = g.until
  FROM unnest(%(workspaces)s::uuid[], %(messages)s::uuid[], %(until)s::timestamptz[]) AS g (workspace_id, message_id, until)
  JOIN messages m ON m.workspace_id = g.workspace_id AND m.id = g.message_id
 WHERE v.workspace_id = m.workspace_id AND v.id = m.conversation_id AND v.free_until IS DISTINCT FROM g.until
RETURNING v.workspace_id, v.id;

-- name: keep_orphans
INSERT INTO orphan_receipts (workspace_id, inbox_id, provider_id, status, provider_at, received_at, payload)
SELECT g.workspace_id, g.inbox_id, g.provider_id, g.status, g.provider_at, %(now)s::timestamptz, g.payload::jsonb
  FROM unnest(%(workspaces)s::uuid[], %(inboxes)s::uuid[], %(provider_ids)s::text[], %(statuses)s::text[],
              %(times)s::timestamptz[], %(payloads)s::text[])
           AS g (workspace_id, inbox_id, provider_id, status, provider_at, payload)
ON CONFLICT (workspace_id, inbox_id, provider_id, status) DO NOTHING;

-- name: matched_orphans
-- Receipts whose message became known since; taken out, to be applied in the same transaction. Only young ones are looked
-- at: the answer to a send is late by seconds, and what other programs on the same number send stays for days.
DELETE FROM orphan_receipts o
 USING messages m, inboxes i
 WHERE o.received_at > %(since)s::timestamptz
   AND i.slot = ANY (%(slots)s::smallint[]) AND i.workspace_id = o.workspace_id AND i.id = o.inbox_id
   AND m.workspace_id = o.workspace_id AND m.inbox_id = o.inbox_id AND m.provider_id = o.provider_id
RETURNING o.workspace_id, o.inbox_id, o.payload;
