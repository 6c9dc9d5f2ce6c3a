-- What Meta sent, byte for byte, never changed. Partitioned by day of arrival: retention drops whole days.
CREATE SEQUENCE inbound.webhook_delivery_ids;
CREATE TABLE inbound.webhook_deliveries (
    id          bigint      NOT NULL DEFAULT nextval('inbound.webhook_delivery_ids'),
    received_at timestamptz NOT NULL,
    channel_ids uuid[]      NOT NULL,                   -- the channels named in it whose app secret made the signature; it counts for no other
    signature   text        NOT NULL,                   -- X-Hub-Signature-256 as it came
    headers     jsonb       NOT NULL,
    traceparent text,                                   -- of the request, for the trace to go on in the turn
    body        bytea       NOT NULL,
    PRIMARY KEY (id, received_at)
) PARTITION BY RANGE (received_at);
CREATE TABLE inbound.webhook_deliveries_default PARTITION OF inbound.webhook_deliveries DEFAULT;
ALTER SEQUENCE inbound.webhook_delivery_ids OWNED BY inbound.webhook_deliveries.id;

-- Deliveries that are still to be applied. The row goes in the transaction that applies its delivery, so a crash leaves it here.
-- It is written and deleted thousands of times a second: vacuumed early, and with no index but the key.
CREATE TABLE inbound.webhook_queue (
    delivery_id bigint      NOT NULL PRIMARY KEY,
    received_at timestamptz NOT NULL,
    due_at      timestamptz NOT NULL,                   -- later than its arrival only after a failure
    attempts    smallint    NOT NULL DEFAULT 0,         -- failures of this delivery alone; an outage counts for none
    replay      boolean     NOT NULL DEFAULT false      -- asked for by a person: applied with outgoing messages switched off
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- What of a delivery could not be applied, and why. Replaying the delivery replaces its rows.
CREATE TABLE inbound.webhook_rejections (
    workspace_id uuid        NOT NULL,
    channel_id   uuid        NOT NULL,                  -- the channel it was for, else one whose app secret signed the delivery
    agent_id     uuid        NOT NULL,
    id           uuid        NOT NULL,
    delivery_id  bigint      NOT NULL,
    received_at  timestamptz NOT NULL,
    path         text        NOT NULL,                  -- where in the body: entry[0].changes[0].value.messages[3]
    code         text        NOT NULL,
    reason       text        NOT NULL,
    rejected_at  timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX webhook_rejections_latest ON inbound.webhook_rejections (workspace_id, rejected_at DESC, id DESC);
CREATE INDEX webhook_rejections_latest_of_agent ON inbound.webhook_rejections (agent_id, rejected_at DESC, id DESC);
CREATE INDEX webhook_rejections_of_delivery ON inbound.webhook_rejections (delivery_id);
CREATE INDEX webhook_rejections_oldest ON inbound.webhook_rejections (rejected_at);
