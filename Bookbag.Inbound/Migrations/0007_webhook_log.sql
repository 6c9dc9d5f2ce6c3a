-- The log is searched by time and read in its order. A block range index costs an insert nothing to speak of: rows come in order of time anyway.
CREATE INDEX webhook_deliveries_by_time ON inbound.webhook_deliveries USING brin (received_at) WITH (pages_per_range = 32);

-- Statuses of messages that nobody knows.
CREATE INDEX webhook_rejections_unknown ON inbound.webhook_rejections (workspace_id, rejected_at DESC, id DESC) WHERE code = 'unknown_message';

-- A span of the log that somebody wants applied once more, with outgoing messages switched off. Put back in the queue little by little, behind what comes meanwhile.
CREATE TABLE inbound.webhook_replays (
    workspace_id  uuid        NOT NULL,
    id            uuid        NOT NULL,
    agent_id      uuid,                                  -- of this agent alone
    channel_ids   uuid[]      NOT NULL,
    from_at       timestamptz NOT NULL,
    to_at         timestamptz NOT NULL,
    rejected_only boolean     NOT NULL,
    asked_by      text        NOT NULL,
    asked_at      timestamptz NOT NULL,
    total         bigint,                                -- null until they are counted
    queued        bigint      NOT NULL DEFAULT 0,
    last_id       bigint      NOT NULL DEFAULT 0,        -- up to here they are back in the queue
    due_at        timestamptz,                           -- null when it is over
    finished_at   timestamptz,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX webhook_replays_due ON inbound.webhook_replays (due_at) WHERE due_at IS NOT NULL;
