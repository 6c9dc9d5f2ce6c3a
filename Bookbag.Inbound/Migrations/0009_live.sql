-- What changed in the last hour, one small row a change, written in the transaction that changes it. `tx` is that transaction: the order of ids
-- is not the order of commits, but which transactions a reader has seen is what a snapshot of Postgres says exactly.
CREATE TABLE inbound.live_events (
    id              bigint      GENERATED ALWAYS AS IDENTITY,
    tx              xid8        NOT NULL DEFAULT pg_current_xact_id(),
    workspace_id    uuid        NOT NULL,
    agent_id        uuid        NOT NULL,
    kind            text        NOT NULL,               -- conversation, message, ticket, channel
    entity_id       uuid        NOT NULL,
    conversation_id uuid,                               -- of a conversation, message or ticket
    at              timestamptz NOT NULL,
    PRIMARY KEY (tx, id)
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Up to which transaction rows were swept out: who has not seen all before it begins anew.
CREATE TABLE inbound.live_horizon (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    swept_to xid8    NOT NULL
);
INSERT INTO inbound.live_horizon (swept_to) VALUES (pg_current_xact_id());

-- Channels are written by several services.
CREATE FUNCTION inbound.channel_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inbound.live_events (workspace_id, agent_id, kind, entity_id, at)
    SELECT c.workspace_id, c.agent_id, 'channel', c.id, clock_timestamp()
    FROM (SELECT (CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END).*) AS c;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_live AFTER INSERT OR UPDATE OR DELETE ON platform.channels FOR EACH ROW EXECUTE FUNCTION inbound.channel_changed();
