CREATE SCHEMA IF NOT EXISTS inbound;

-- One customer on one channel. `mode` says who answers. `turn_due_at` alone drives the turn workers: not null means that
-- something is to be done here at that time (answer new messages, or settle a reply whose outcome is unknown).
CREATE TABLE inbound.conversations (
    workspace_id        uuid        NOT NULL,
    channel_id          uuid        NOT NULL,
    agent_id            uuid        NOT NULL,
    id                  uuid        NOT NULL,
    customer_phone      text,                               -- digits with country code, no plus: Meta's wa_id
    customer_user_id    text,                               -- business-scoped user id (BSUID)
    customer_name       text,
    mode                text        NOT NULL DEFAULT 'ai' CHECK (mode IN ('ai', 'human')),
    escalated_at        timestamptz,
    escalation_reason   text,
    epoch               bigint      NOT NULL DEFAULT 0,      -- moves with every customer message, person's message, takeover and resume; an answer of an older epoch is not sent
    last_inbound_at     timestamptz,                        -- Meta's own timestamp of the customer's latest message: the customer service window counts from it
    window_refused_at   timestamptz,                        -- when Meta said 131047: whatever we computed, the window is closed until the customer writes again
    last_message_at     timestamptz NOT NULL,
    last_message_text   text,
    unanswered_since    timestamptz,                        -- when the first message without an answer arrived here
    turn_due_at         timestamptz,
    turn_attempts       integer     NOT NULL DEFAULT 0,
    lease_id            uuid,
    lease_until         timestamptz,
    traceparent         text,                               -- of the webhook that made the turn due: the trace goes on in the turn
    created_at          timestamptz NOT NULL,
    PRIMARY KEY (channel_id, id),
    CONSTRAINT conversations_customer CHECK (customer_phone IS NOT NULL OR customer_user_id IS NOT NULL),
    CONSTRAINT conversations_lease CHECK ((lease_id IS NULL) = (lease_until IS NULL)),
    CONSTRAINT conversations_human_is_escalated CHECK (mode = 'ai' OR escalated_at IS NOT NULL)
);
CREATE INDEX conversations_due ON inbound.conversations (turn_due_at) WHERE turn_due_at IS NOT NULL;
CREATE INDEX conversations_by_id ON inbound.conversations (workspace_id, id);
CREATE INDEX conversations_latest ON inbound.conversations (workspace_id, last_message_at DESC, id DESC);
CREATE INDEX conversations_latest_of_agent ON inbound.conversations (agent_id, last_message_at DESC, id DESC);
-- Those that a person has are few among many.
CREATE INDEX conversations_latest_human ON inbound.conversations (workspace_id, last_message_at DESC, id DESC) WHERE mode = 'human';
CREATE INDEX conversations_latest_human_of_agent ON inbound.conversations (agent_id, last_message_at DESC, id DESC) WHERE mode = 'human';

-- Every address a customer was ever seen under on a channel: 'p:<digits>' for a phone number, 'u:<BSUID>' for a user id.
CREATE TABLE inbound.conversation_addresses (
    channel_id      uuid NOT NULL,
    address         text NOT NULL CHECK (address ~ '^[pu]:.+'),
    conversation_id uuid NOT NULL,
    PRIMARY KEY (channel_id, address)
);

-- Partitioned by month of `at`, so that retention drops partitions. What Meta dates before the first partition is in the default one.
CREATE TABLE inbound.messages (
    workspace_id    uuid        NOT NULL,
    channel_id      uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    id              uuid        NOT NULL,
    at              timestamptz NOT NULL,                   -- in: Meta's timestamp; out: when the row was committed as `sending`
    direction       text        NOT NULL CHECK (direction IN ('in', 'out')),
    author          text        NOT NULL CHECK (author IN ('customer', 'ai', 'human', 'campaign', 'system')),
    type            text        NOT NULL,                   -- Meta's message type, as it came
    text            text,                                   -- what a person reads of it
    content         jsonb,                                  -- Meta's own object for every type but text
    wamid           text,
    context_wamid   text,                                   -- the message this one quotes, reacts to or answers
    status          text        NOT NULL CHECK (status IN ('received', 'sending', 'sent', 'delivered', 'read', 'played', 'failed', 'discarded')),
    status_rank     smallint    NOT NULL,                   -- sending 0 < sent 1 < delivered 2 < read 3 < played 4; a status only moves up. received, failed, discarded 9: final
    awaiting        boolean     NOT NULL DEFAULT false,     -- a customer message that no turn has answered or deliberately left yet
    attempts        smallint    NOT NULL DEFAULT 0,         -- how often it was handed to Graph
    unconfirmed     smallint    NOT NULL DEFAULT 0,         -- of these, how many may have been accepted without our knowing; sent once more after the first, never after the second
    send_due_at     timestamptz,                            -- while sending: when it is handed to Graph, or its unknown outcome is looked at
    sent_at         timestamptz,
    delivered_at    timestamptz,
    read_at         timestamptz,
    failed_at       timestamptz,
    error_code      integer,
    error_text      text,
    outcome         text,                                   -- of the answer: answered, verbatim, extract, unsure, handoff, contact, greeting
    why             text,                                   -- one sentence for the team: why this outcome
    score           real,
    citations       jsonb,
    delivery_id     bigint,                                 -- the webhook delivery that brought it
    PRIMARY KEY (channel_id, at, id),
    CONSTRAINT messages_sending_is_due CHECK (status <> 'sending' OR send_due_at IS NOT NULL),
    CONSTRAINT messages_failed_has_time CHECK (status <> 'failed' OR failed_at IS NOT NULL),
    CONSTRAINT messages_in_is_received CHECK ((direction = 'in') = (status = 'received'))
) PARTITION BY RANGE (at);
CREATE TABLE inbound.messages_default PARTITION OF inbound.messages DEFAULT;
CREATE INDEX messages_thread ON inbound.messages (conversation_id, at, id);
CREATE INDEX messages_awaiting ON inbound.messages (conversation_id, at) WHERE awaiting;
-- A status of Meta that comes before Graph's answer names the message by its own id.
CREATE INDEX messages_unsettled ON inbound.messages (id) WHERE direction = 'out' AND wamid IS NULL;
CREATE INDEX messages_sending_of_conversation ON inbound.messages (conversation_id) WHERE status = 'sending';

-- The ledger of Meta's message ids: makes every webhook item count once across partitions, and finds the message of a status.
CREATE TABLE inbound.wamids (
    channel_id      uuid        NOT NULL,
    wamid           text        NOT NULL,
    conversation_id uuid        NOT NULL,
    message_id      uuid        NOT NULL,
    at              timestamptz NOT NULL,
    PRIMARY KEY (channel_id, wamid)
);

-- The key that a program gave a message it sent by hand: the same key again is the same message. A week old, they are swept out.
CREATE TABLE inbound.idempotency_keys (
    workspace_id    uuid        NOT NULL,
    key             text        NOT NULL,
    request_hash    bytea       NOT NULL,
    message_id      uuid        NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, key)
);
CREATE INDEX idempotency_keys_oldest ON inbound.idempotency_keys (created_at);
