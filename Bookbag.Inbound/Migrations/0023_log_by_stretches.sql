-- A row of the log, and a row of the queue, is a stretch: all that one commit wrote. In a crowd that is one row and two keys for dozens of webhooks, and what is alike
-- in their bodies is stored once. Names that a replica of before does not know, or cannot write to: it answers 503 until it is replaced, and Meta comes again.
LOCK TABLE inbound.webhook_deliveries, inbound.webhook_queue IN ACCESS EXCLUSIVE MODE;

ALTER TABLE inbound.webhook_queue RENAME TO webhook_stretches;
ALTER INDEX inbound.webhook_queue_pkey RENAME TO webhook_stretches_pkey;
ALTER TABLE inbound.webhook_stretches ADD COLUMN deliveries integer NOT NULL DEFAULT 1 CHECK (deliveries > 0); -- how many: `delivery_id` and those that follow it

-- What Meta sent, byte for byte, never changed. Partitioned by day of arrival: retention drops whole days.
CREATE TABLE inbound.webhook_log (
    id            bigint      NOT NULL,                 -- of the first webhook; those of the others follow. At most 1,024
    received_at   timestamptz NOT NULL,                 -- when the first came; the others did while the commit before was under way
    deliveries    integer     NOT NULL CHECK (deliveries > 0),
    channel_ids   uuid[]      NOT NULL,                 -- the channels named in each whose app secret made the signature, one webhook's after the other's; it counts for no other
    channels_from integer[]   NOT NULL,                 -- which of them are whose
    channels_to   integer[]   NOT NULL,
    signatures    text[]      NOT NULL,                 -- X-Hub-Signature-256 as it came
    headers       text[]      NOT NULL,                 -- JSON objects
    traceparents  text[]      NOT NULL,                 -- of the requests, for their traces to go on in the turn; null where there was none
    bodies        bytea[]     NOT NULL,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE INDEX webhook_log_by_time ON inbound.webhook_log (received_at);
CREATE TABLE inbound.webhook_log_default PARTITION OF inbound.webhook_log DEFAULT;
ALTER SEQUENCE inbound.webhook_delivery_ids OWNED BY inbound.webhook_log.id;

ALTER TABLE inbound.webhook_log ALTER COLUMN signatures SET STORAGE EXTERNAL; -- nothing in them is alike

DO $$
DECLARE
    day date;
BEGIN
    -- A tenth of the bytes for a microsecond; a Postgres that was built without it does with what it has.
    IF EXISTS (SELECT FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY (enumvals)) THEN
        ALTER TABLE inbound.webhook_log ALTER COLUMN bodies SET COMPRESSION lz4, ALTER COLUMN headers SET COMPRESSION lz4, ALTER COLUMN traceparents SET COMPRESSION lz4,
            ALTER COLUMN channel_ids SET COMPRESSION lz4, ALTER COLUMN channels_from SET COMPRESSION lz4, ALTER COLUMN channels_to SET COMPRESSION lz4;
    END IF;

    FOR day IN SELECT DISTINCT (received_at AT TIME ZONE 'UTC')::date FROM inbound.webhook_deliveries LOOP
        EXECUTE format('CREATE TABLE inbound.webhook_log_%s PARTITION OF inbound.webhook_log FOR VALUES FROM (%L) TO (%L)',
            to_char(day, 'YYYYMMDD'), day || ' 00:00:00+00', day + 1 || ' 00:00:00+00');
    END LOOP;
END $$;

INSERT INTO inbound.webhook_log (id, received_at, deliveries, channel_ids, channels_from, channels_to, signatures, headers, traceparents, bodies)
SELECT id, received_at, 1, channel_ids, ARRAY[1], ARRAY[cardinality(channel_ids)], ARRAY[signature], ARRAY[headers::text], ARRAY[traceparent], ARRAY[body]
FROM inbound.webhook_deliveries;
DROP TABLE inbound.webhook_deliveries;

-- Every webhook of the log by itself, for people who look into it. What the product does often reads the log.
CREATE VIEW inbound.webhook_deliveries AS
SELECT l.id + d.place - 1 AS id, l.received_at, l.channel_ids[d.channels_from : d.channels_to] AS channel_ids, d.signature, d.headers, d.traceparent, d.body, l.id AS stretch
FROM inbound.webhook_log l
CROSS JOIN LATERAL unnest(l.channels_from, l.channels_to, l.signatures, l.headers, l.traceparents, l.bodies) WITH ORDINALITY
    AS d (channels_from, channels_to, signature, headers, traceparent, body, place);

-- Whether a webhook of the log is still to be applied: in the last stretch that does not begin after it, if in any.
CREATE FUNCTION inbound.is_queued(id bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT is_queued.id < q.delivery_id + q.deliveries FROM inbound.webhook_stretches q WHERE q.delivery_id <= is_queued.id ORDER BY q.delivery_id DESC LIMIT 1), false)
$$;
