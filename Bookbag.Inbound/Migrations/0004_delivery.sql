CREATE SCHEMA IF NOT EXISTS delivery;

-- What webhooks tell that is Outbound's to act on. Inbound writes it in the transaction that applies the webhook; Outbound takes it out with
-- DELETE ... RETURNING of a SKIP LOCKED batch in the transaction that acts on it. Wake-up topic: delivery_events.
--
-- kind        payload                                                          customer
-- status      the status, as Meta's object (value.statuses[i])                 its recipient, where Meta discloses it
-- template    the change's value (fields message_template_*, template_*)       -
-- account     the change's value (account_*, phone_number_*, business_*, security), once for every channel of the account
-- preference  one preference, as Meta's object (value.user_preferences[i])     whose it is
-- opt_out     {"word": "..."}: the customer's whole message was such a word; wamid is that message
-- opt_in      the same
CREATE TABLE delivery.events (
    id           bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id uuid        NOT NULL,
    channel_id   uuid        NOT NULL,
    agent_id     uuid        NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('status', 'template', 'account', 'preference', 'opt_out', 'opt_in', 'reply')),
    field        text,                                  -- Meta's name of the subject, where the webhook has one
    at           timestamptz NOT NULL,                  -- Meta's own time
    received_at  timestamptz NOT NULL,                  -- when the webhook came
    wamid        text,                                  -- the message of a status
    callback     text,                                  -- biz_opaque_callback_data as it came back
    customer     text,                                  -- 'p:<digits>' or 'u:<BSUID>'
    payload      jsonb       NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_cost_delay = 0);

-- Changes of accounts, templates and preferences carry no id of Meta's: a digest makes each count once, however often it is delivered or replayed.
CREATE TABLE inbound.seen_changes (
    channel_id  uuid        NOT NULL,
    digest      bytea       NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (channel_id, digest)
);
CREATE INDEX seen_changes_oldest ON inbound.seen_changes (received_at);
