-- Addresses of other systems that are told what happens in a workspace.
CREATE TABLE inbound.outgoing_webhooks (
    workspace_id  uuid        NOT NULL,
    id            uuid        NOT NULL,
    url           text        NOT NULL,
    events        text[]      NOT NULL CHECK (cardinality(events) > 0), -- conversation.escalated, ticket.*, *
    description   text        NOT NULL,
    secret_cipher text        NOT NULL,                 -- signs the bodies; shown once
    secret_last4  text        NOT NULL CHECK (length(secret_last4) <= 4),
    enabled       boolean     NOT NULL,
    failures      integer     NOT NULL DEFAULT 0,       -- tries in a row that failed
    resume_at     timestamptz NOT NULL,                 -- after a failure: when it is tried again, whatever waits
    lease_id      uuid,                                 -- one worker at a time delivers to it, so that what happened is told in its order
    lease_until   timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT outgoing_webhooks_lease CHECK ((lease_id IS NULL) = (lease_until IS NULL))
);

-- What is to be told, and what became of it: one row for each webhook that wants the event, in the order in which it was written.
CREATE TABLE inbound.outgoing_deliveries (
    workspace_id    uuid        NOT NULL,
    webhook_id      uuid        NOT NULL,
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    event_id        uuid        NOT NULL,               -- the same for every webhook and every try
    type            text        NOT NULL,
    body            text        NOT NULL,               -- what is sent, byte for byte at every try
    at              timestamptz NOT NULL,
    status          text        NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'delivered', 'failed')),
    attempts        smallint    NOT NULL DEFAULT 0,
    due_at          timestamptz NOT NULL,
    give_up_at      timestamptz NOT NULL,
    response_status integer,                            -- of the last try; null where nobody answered
    error           text,
    attempted_at    timestamptz,
    PRIMARY KEY (workspace_id, webhook_id, id),
    FOREIGN KEY (workspace_id, webhook_id) REFERENCES inbound.outgoing_webhooks ON DELETE CASCADE
);
CREATE INDEX outgoing_deliveries_due ON inbound.outgoing_deliveries (webhook_id, due_at, id) WHERE status = 'waiting';
CREATE INDEX outgoing_deliveries_oldest ON inbound.outgoing_deliveries (at) WHERE status <> 'waiting';

-- Tells an event to every webhook of a workspace that wants it, as part of the caller's transaction. This function is the contract for all who
-- have something to tell: Outbound calls it for campaigns (`SELECT inbound.publish(workspace_id, agent_id, 'campaign.sent', data, now)`).
-- A worker sends what it wrote; the wake-up topic `outgoing_webhooks` tells it so.
CREATE FUNCTION inbound.publish(workspace uuid, agent uuid, event_type text, data jsonb, happened_at timestamptz) RETURNS void LANGUAGE sql AS $$
    WITH event AS MATERIALIZED (SELECT gen_random_uuid() AS id)
    INSERT INTO inbound.outgoing_deliveries (workspace_id, webhook_id, event_id, type, body, at, due_at, give_up_at)
    SELECT workspace, w.id, event.id, event_type,
        jsonb_build_object('id', event.id, 'type', event_type, 'workspaceId', workspace, 'agentId', agent, 'at', happened_at, 'data', data)::text,
        happened_at, happened_at, happened_at + interval '1 day'
    FROM inbound.outgoing_webhooks w, event
    WHERE w.workspace_id = workspace AND w.enabled
        AND (event_type = ANY (w.events) OR '*' = ANY (w.events) OR split_part(event_type, '.', 1) || '.*' = ANY (w.events))
$$;

-- Every entry of a ticket's timeline goes to live updates and outgoing webhooks, so that nothing that writes one can forget it. A hand-off
-- and its end are those of the ticket.
CREATE FUNCTION inbound.ticket_entered() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inbound.live_events (workspace_id, agent_id, kind, entity_id, conversation_id, at)
    SELECT t.workspace_id, t.agent_id, told.kind, told.id, t.conversation_id, max(entered.at)
    FROM entered JOIN inbound.tickets t ON t.workspace_id = entered.workspace_id AND t.id = entered.ticket_id
    CROSS JOIN LATERAL (VALUES ('ticket', t.id, true), ('conversation', t.conversation_id, entered.kind IN ('opened', 'closed', 'cancelled'))) AS told (kind, id, applies)
    WHERE told.applies
    GROUP BY t.workspace_id, t.agent_id, told.kind, told.id, t.conversation_id;

    PERFORM inbound.publish(t.workspace_id, t.agent_id, told.type, jsonb_build_object(
        'ticketId', t.id, 'conversationId', t.conversation_id, 'status', coalesce(entered.status, t.status), 'cause', t.cause, 'reason', t.reason,
        'subject', t.subject, 'summary', t.summary, 'assigneeId', CASE entered.kind WHEN 'assigned' THEN entered.assignee_id ELSE t.assignee_id END,
        'by', entered.actor_name, 'note', CASE entered.kind WHEN 'note' THEN entered.text END,
        'customer', jsonb_build_object('phone', c.customer_phone, 'userId', c.customer_user_id, 'name', c.customer_name)), entered.at)
    FROM entered
    JOIN inbound.tickets t ON t.workspace_id = entered.workspace_id AND t.id = entered.ticket_id
    LEFT JOIN inbound.conversations c ON c.channel_id = t.channel_id AND c.id = t.conversation_id
    CROSS JOIN LATERAL (
        SELECT 'conversation.escalated' AS type, 0 AS place WHERE entered.kind = 'opened'
        UNION ALL
        SELECT 'ticket.' || CASE entered.kind WHEN 'status' THEN 'updated' WHEN 'summary' THEN 'summarized' WHEN 'note' THEN 'noted' ELSE entered.kind END, 1
        UNION ALL
        SELECT 'conversation.resumed', 2 WHERE entered.kind IN ('closed', 'cancelled')) AS told
    WHERE EXISTS (SELECT FROM inbound.outgoing_webhooks w WHERE w.workspace_id = t.workspace_id AND w.enabled)
    ORDER BY entered.nr, told.place;
    RETURN NULL;
END $$;
CREATE TRIGGER tell AFTER INSERT ON inbound.ticket_entries REFERENCING NEW TABLE AS entered FOR EACH STATEMENT EXECUTE FUNCTION inbound.ticket_entered();
