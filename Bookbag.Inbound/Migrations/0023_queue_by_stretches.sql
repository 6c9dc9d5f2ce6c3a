-- A row of the queue is a stretch of the log: what one commit wrote. In a crowd that is one row and one key for dozens of webhooks, and one to take out again.
-- By another name: a replica of before, which would apply the first webhook of a stretch and forget the others, finds no queue and answers 503 until it is replaced.
ALTER TABLE inbound.webhook_queue RENAME TO webhook_stretches;
ALTER INDEX inbound.webhook_queue_pkey RENAME TO webhook_stretches_pkey;
ALTER TABLE inbound.webhook_stretches
    ADD COLUMN deliveries  integer NOT NULL DEFAULT 1 CHECK (deliveries > 0), -- how many: `delivery_id` and those that follow it
    ADD COLUMN received_to timestamptz;                                       -- when the last of them came: with `received_at` it says in which days of the log they are
UPDATE inbound.webhook_stretches SET received_to = received_at;
ALTER TABLE inbound.webhook_stretches ALTER COLUMN received_to SET NOT NULL;

-- Whether a webhook of the log is still to be applied: in the last stretch that does not begin after it, if in any.
CREATE FUNCTION inbound.is_queued(id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT is_queued.id < q.delivery_id + q.deliveries FROM inbound.webhook_stretches q WHERE q.delivery_id <= is_queued.id ORDER BY q.delivery_id DESC LIMIT 1), false)
$$;
