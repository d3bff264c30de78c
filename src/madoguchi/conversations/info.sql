-- name: message
SELECT m.id, m.direction, m.status, m.provider_id, m.attempts, m.retries, m.created_at, m.error
  FROM messages m WHERE m.workspace_id = %(workspace_id)s::uuid AND m.id = %(id)s::uuid;

-- name: statuses
SELECT s.status, s.provider_at, s.received_at FROM message_statuses s
 WHERE s.workspace_id = %(workspace_id)s::uuid AND s.message_id = %(id)s::uuid
 ORDER BY s.provider_at, s.received_at, array_position(ARRAY['sent', 'delivered', 'read', 'played', 'failed'], s.status);

-- name: cost
SELECT c.category, c.type, c.model, c.market, c.billable, c.delivered FROM message_costs c
 WHERE c.workspace_id = %(workspace_id)s::uuid AND c.message_id = %(id)s::uuid
 ORDER BY c.at DESC LIMIT 1;

-- name: earlier
SELECT e.number, e.provider_id, e.status, e.error, e.attempts, e.ended_at FROM earlier_sends e
 WHERE e.workspace_id = %(workspace_id)s::uuid AND e.message_id = %(id)s::uuid
 ORDER BY e.number;
