-- How tickets find their people in a workspace; without a row, by hand.
CREATE TABLE inbound.help_desks (
    workspace_id   uuid        PRIMARY KEY,
    assignment     text        NOT NULL CHECK (assignment IN ('by_hand', 'balanced', 'round_robin')),
    cap            integer     CHECK (cap > 0),          -- how many open tickets a member is given at most; null for any number
    member_ids     uuid[],                               -- who is given tickets; null for every member who may answer
    last_member_id uuid,                                 -- round robin: who was given the last one
    updated_at     timestamptz NOT NULL
);

-- A conversation that needs a person. A conversation's mode is `human` exactly as long as it has an open ticket: whatever changes the mode
-- lets the ticket follow in the same transaction, after it has locked the conversation's row.
CREATE TABLE inbound.tickets (
    workspace_id     uuid        NOT NULL,
    agent_id         uuid        NOT NULL,
    channel_id       uuid        NOT NULL,
    conversation_id  uuid        NOT NULL,
    id               uuid        NOT NULL,
    status           text        NOT NULL CHECK (status IN ('new', 'on_you', 'on_customer', 'on_hold', 'closed', 'cancelled')),
    cause            text        NOT NULL CHECK (cause IN ('customer', 'model', 'guardrail', 'campaign', 'takeover', 'echo', 'failure')),
    reason           text        NOT NULL,               -- the cause in words
    subject          text        NOT NULL,
    summary          text,
    summary_due_at   timestamptz,                        -- when somebody looks at it again to write subject and summary; null when that is done
    summary_attempts smallint    NOT NULL DEFAULT 0,
    search           text        NOT NULL,               -- what a search looks at, in lower case: subject, and the customer's name, number and user id
    assignee_id      uuid,
    assigned_at      timestamptz,
    left_free        boolean     NOT NULL DEFAULT false, -- somebody gave it back by hand: it waits for a person to take it
    opened_at        timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL,
    closed_at        timestamptz,
    PRIMARY KEY (workspace_id, id),
    CONSTRAINT tickets_closed_has_time CHECK ((status IN ('closed', 'cancelled')) = (closed_at IS NOT NULL)),
    CONSTRAINT tickets_assigned_has_time CHECK ((assignee_id IS NULL) = (assigned_at IS NULL))
);
CREATE UNIQUE INDEX tickets_one_open ON inbound.tickets (channel_id, conversation_id) WHERE closed_at IS NULL;
CREATE INDEX tickets_latest ON inbound.tickets (workspace_id, updated_at DESC, id DESC);
CREATE INDEX tickets_latest_of_agent ON inbound.tickets (agent_id, updated_at DESC, id DESC);
CREATE INDEX tickets_latest_of_status ON inbound.tickets (workspace_id, status, updated_at DESC, id DESC);
CREATE INDEX tickets_open ON inbound.tickets (workspace_id, assignee_id, updated_at DESC, id DESC) WHERE closed_at IS NULL;
CREATE INDEX tickets_of_conversation ON inbound.tickets (conversation_id, updated_at DESC, id DESC);
CREATE INDEX tickets_summary_due ON inbound.tickets (summary_due_at) WHERE summary_due_at IS NOT NULL;
CREATE INDEX tickets_found ON inbound.tickets USING gin (workspace_id, search gin_trgm_ops);

-- What happened to a ticket, and the notes that the team wrote on it.
CREATE TABLE inbound.ticket_entries (
    workspace_id uuid        NOT NULL,
    agent_id     uuid        NOT NULL,
    ticket_id    uuid        NOT NULL,
    nr           bigint      GENERATED ALWAYS AS IDENTITY, -- the order: who writes has locked the ticket's conversation
    id           uuid        NOT NULL DEFAULT gen_random_uuid(),
    at           timestamptz NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('opened', 'status', 'assigned', 'unassigned', 'summary', 'closed', 'cancelled', 'note')),
    status       text,                                   -- opened, status, closed, cancelled: the status from then on
    assignee_id  uuid,                                   -- assigned: who has it from then on
    text         text,                                   -- a note; else why, in words
    actor_id     uuid,                                   -- the member or key that did it; null where nobody did
    actor_name   text,
    PRIMARY KEY (ticket_id, nr),
    FOREIGN KEY (workspace_id, ticket_id) REFERENCES inbound.tickets (workspace_id, id) ON DELETE CASCADE
);

-- Conversations that a person had before there were tickets.
INSERT INTO inbound.tickets (workspace_id, agent_id, channel_id, conversation_id, id, status, cause, reason, subject, search, summary_due_at, opened_at, updated_at)
SELECT workspace_id, agent_id, channel_id, id, gen_random_uuid(), 'on_you', 'takeover', coalesce(escalation_reason, 'A person had it.'),
    coalesce(nullif(left(last_message_text, 80), ''), 'Conversation'),
    lower(concat_ws(' ', left(last_message_text, 80), customer_name, customer_phone, customer_user_id)), now(), escalated_at, last_message_at
FROM inbound.conversations WHERE mode = 'human';
INSERT INTO inbound.ticket_entries (workspace_id, agent_id, ticket_id, at, kind, status, text)
SELECT workspace_id, agent_id, id, opened_at, 'opened', status, reason FROM inbound.tickets;

-- Questions that the agent's sources did not cover, as customers asked them. They wait here until they are grouped.
CREATE TABLE inbound.gap_questions (
    workspace_id    uuid        NOT NULL,
    agent_id        uuid        NOT NULL,
    id              uuid        NOT NULL,
    gap_id          uuid,                                -- null until it is grouped
    conversation_id uuid        NOT NULL,
    text            text        NOT NULL CHECK (text <> ''),
    score           real        NOT NULL,
    asked_at        timestamptz NOT NULL,
    PRIMARY KEY (agent_id, id)
);
CREATE INDEX gap_questions_waiting ON inbound.gap_questions (id) WHERE gap_id IS NULL;
CREATE INDEX gap_questions_of_gap ON inbound.gap_questions (gap_id, asked_at DESC, id DESC) WHERE gap_id IS NOT NULL;

-- A topic that the agent's sources do not cover.
CREATE TABLE inbound.gaps (
    workspace_id  uuid        NOT NULL,
    agent_id      uuid        NOT NULL,
    id            uuid        NOT NULL,
    question      text        NOT NULL,                  -- as it was asked first
    words         text[]      NOT NULL,                  -- the words by which it is recognised
    questions     bigint      NOT NULL CHECK (questions > 0),
    first_at      timestamptz NOT NULL,
    last_at       timestamptz NOT NULL,
    status        text        NOT NULL CHECK (status IN ('open', 'answered', 'dismissed')),
    source_id     uuid,                                  -- answered: the Q&A pair that was made of it
    settled_at    timestamptz,
    settled_by    text,
    PRIMARY KEY (agent_id, id),
    CONSTRAINT gaps_settled_has_time CHECK ((status = 'open') = (settled_at IS NULL))
);
CREATE INDEX gaps_most_asked ON inbound.gaps (agent_id, status, questions DESC, id DESC);
-- What a new question may belong to.
CREATE INDEX gaps_latest ON inbound.gaps (agent_id, last_at DESC) WHERE status <> 'answered';
