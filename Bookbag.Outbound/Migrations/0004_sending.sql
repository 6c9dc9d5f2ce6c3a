-- The ledger of the messaging limit, continued: Redis holds a copy of the openings that count, Postgres says which copy may be used.
-- Grants are made in Redis under an epoch and committed here under the same epoch (FOR SHARE); who rebuilds the copy, or grants without
-- Redis, changes the epoch first (FOR UPDATE) and so makes every grant in flight void. A lost or stale Redis never grants too much.
CREATE TABLE outbound.ledgers (
    portfolio text   PRIMARY KEY,
    epoch     uuid,                            -- null: no copy may be used
    numbers   text[] NOT NULL DEFAULT '{}'     -- phone number ids whose openings are in the copy
);

-- Whether a customer whose message failed is still counted by another one.
CREATE INDEX openings_of_customer ON outbound.openings (portfolio, customer, opened_at);

-- What an agent's people chose for everything it sends first.
CREATE TABLE outbound.settings (
    agent_id            uuid     PRIMARY KEY,
    workspace_id        uuid     NOT NULL,
    time_zone           text     NOT NULL,                       -- IANA
    quiet_from          time,                                    -- local; campaigns rest from here
    quiet_to            time,                                    -- to here
    cap_messages        integer  CHECK (cap_messages > 0),       -- marketing messages a contact gets at most
    cap_days            integer  CHECK (cap_days BETWEEN 1 AND 90),
    single_share        real     NOT NULL CHECK (single_share BETWEEN 0 AND 0.9), -- of the messaging limit, kept for single sends
    messages_per_second integer  CHECK (messages_per_second BETWEEN 1 AND 1000), -- lower than Meta's, such as 20 for a number that is on a phone as well
    updated_at          timestamptz NOT NULL,
    CHECK ((quiet_from IS NULL) = (quiet_to IS NULL)),
    CHECK ((cap_messages IS NULL) = (cap_days IS NULL))
);

CREATE TABLE outbound.campaigns (
    workspace_id  uuid        NOT NULL,
    channel_id    uuid        NOT NULL,
    agent_id      uuid        NOT NULL,
    id            uuid        NOT NULL,
    name          text        NOT NULL CHECK (name <> ''),
    reply_mode    text        NOT NULL CHECK (reply_mode IN ('ai', 'human')),
    template_id   uuid        NOT NULL,
    variables     jsonb       NOT NULL,                          -- variable → {field | attribute | value, fallback}
    audience      jsonb       NOT NULL,                          -- the filter
    guard         jsonb       NOT NULL,                          -- canary share, thresholds of the automatic stop, deadline of retries
    state         text        NOT NULL CHECK (state IN ('draft', 'scheduled', 'sending', 'waiting', 'paused', 'completed', 'cancelled', 'failed')),
    reason        text,                                          -- stable code: why it waits, is paused or failed
    detail        text,                                          -- the same in words
    wait_until    timestamptz,                                   -- waiting: when it is looked at again
    category      text,                                          -- the template's when it was launched: what consent was checked for
    starts_at     timestamptz,                                   -- scheduled
    start_before  timestamptz,                                   -- do not start later than
    launched_at   timestamptz,
    prepared_at   timestamptz,                                   -- the audience is frozen, whole
    prepared_to   uuid,                                          -- checkpoint: the last contact that was looked at
    recipients    integer     NOT NULL DEFAULT 0,
    released      integer     NOT NULL DEFAULT 0,                -- recipients up to this position may be sent: the canary, then all
    retry_until   timestamptz,                                   -- what Meta held back is tried again until then
    completed_at  timestamptz,
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (channel_id, id),
    CONSTRAINT campaigns_scheduled CHECK (state <> 'scheduled' OR starts_at IS NOT NULL),
    CONSTRAINT campaigns_launched CHECK (state NOT IN ('sending', 'waiting', 'completed') OR (launched_at IS NOT NULL AND category IS NOT NULL)),
    CONSTRAINT campaigns_waiting CHECK ((state = 'waiting') = (wait_until IS NOT NULL)),
    CONSTRAINT campaigns_reasoned CHECK (state NOT IN ('waiting', 'failed') OR reason IS NOT NULL),
    CONSTRAINT campaigns_over CHECK ((state IN ('completed', 'cancelled', 'failed')) = (completed_at IS NOT NULL)),
    CONSTRAINT campaigns_released CHECK (released BETWEEN 0 AND recipients)
);
CREATE INDEX campaigns_by_id ON outbound.campaigns (workspace_id, id);
CREATE INDEX campaigns_of_agent ON outbound.campaigns (agent_id, created_at DESC, id DESC);
CREATE INDEX campaigns_alive ON outbound.campaigns (channel_id, state) WHERE state IN ('scheduled', 'sending', 'waiting', 'paused');

-- A template sent to one person by the API. Its way is a recipient's, under the same id.
CREATE TABLE outbound.single_sends (
    workspace_id    uuid        NOT NULL,
    channel_id      uuid        NOT NULL,
    agent_id        uuid        NOT NULL,
    id              uuid        NOT NULL,
    template_id     uuid        NOT NULL,
    not_after       timestamptz NOT NULL,
    idempotency_key text,
    request_hash    bytea       NOT NULL,
    created_at      timestamptz NOT NULL,
    PRIMARY KEY (channel_id, id),
    CONSTRAINT single_sends_once UNIQUE (workspace_id, idempotency_key)
);

-- One contact in one campaign, or a single send (no campaign). The order of states is forward only:
--   pending → sending (committed before Graph is called) → sent | failed | unresolved → sent | failed;  pending → skipped
-- Back to pending only where Meta said that nothing was or will be delivered, or a person decided so; then as a new round where Meta had
-- taken the message. delivered_at, read_at, replied_at are no states: they change often, and no index contains them, so that Postgres
-- updates the row in place.
CREATE TABLE outbound.recipients (
    workspace_id uuid        NOT NULL,
    channel_id   uuid        NOT NULL,
    campaign_id  uuid,
    id           uuid        NOT NULL,              -- of a campaign: its id with the position in the last 48 bits
    position     integer     NOT NULL,
    contact_id   uuid,
    customer     text        CHECK (customer ~ '^[pu]:.+'),
    parameters   jsonb       NOT NULL,              -- the template's values, frozen
    state        text        NOT NULL CHECK (state IN ('pending', 'sending', 'unresolved', 'sent', 'failed', 'skipped')),
    due_at       timestamptz,                       -- pending
    settle_at    timestamptz,                       -- sending: a dead worker's claim from then on; unresolved: given up from then on
    round        smallint    NOT NULL DEFAULT 1,    -- moves whenever it is to be tried again: what is told of an earlier try changes nothing, except good news
    attempts     smallint    NOT NULL DEFAULT 0,    -- calls of Graph that count against it
    opened_at    timestamptz,                       -- its place in the messaging limit; null inside the customer service window
    wamid        text,
    wa_id        text,                              -- the number as Meta writes it
    held         boolean     NOT NULL DEFAULT false, -- Meta holds it for a quality assessment: in flight
    sent_at      timestamptz,
    delivered_at timestamptz,
    read_at      timestamptz,
    replied_at   timestamptz,
    opted_out_at timestamptz,                       -- the customer opted out after it
    ended_at     timestamptz,                       -- failed or skipped
    reason       text,                              -- stable code; the words are in the code
    error_code   integer,                           -- Meta's
    detail       text,                              -- Meta's own words, where nobody knew the code
    CONSTRAINT recipients_due CHECK ((state = 'pending') = (due_at IS NOT NULL)),
    CONSTRAINT recipients_settle CHECK ((state IN ('sending', 'unresolved')) = (settle_at IS NOT NULL)),
    CONSTRAINT recipients_ended CHECK ((state IN ('failed', 'skipped')) = (ended_at IS NOT NULL)),
    CONSTRAINT recipients_reasoned CHECK (state NOT IN ('failed', 'skipped') OR reason IS NOT NULL),
    CONSTRAINT recipients_reached CHECK (read_at IS NULL OR delivered_at IS NOT NULL),
    CONSTRAINT recipients_replied CHECK (replied_at IS NULL OR read_at IS NOT NULL),
    CONSTRAINT recipients_addressed CHECK (customer IS NOT NULL OR state IN ('failed', 'skipped')),
    PRIMARY KEY (channel_id, id)
) WITH (fillfactor = 75);
CREATE INDEX recipients_pending ON outbound.recipients (channel_id, campaign_id, due_at, id) WHERE state = 'pending';
CREATE INDEX recipients_unsettled ON outbound.recipients (channel_id, campaign_id, settle_at) WHERE state IN ('sending', 'unresolved');
CREATE INDEX recipients_ended ON outbound.recipients (channel_id, campaign_id, id) WHERE state IN ('failed', 'skipped', 'unresolved');
CREATE UNIQUE INDEX recipients_by_wamid ON outbound.recipients (channel_id, wamid) WHERE wamid IS NOT NULL;
CREATE INDEX recipients_of_customer ON outbound.recipients (channel_id, customer) WHERE customer IS NOT NULL;

-- Statuses of messages that nobody here knows: they may be faster than the answer that names the message.
CREATE TABLE outbound.parked_statuses (
    channel_id  uuid        NOT NULL,
    wamid       text        NOT NULL,
    at          timestamptz NOT NULL,
    payload     jsonb       NOT NULL,
    received_at timestamptz NOT NULL,
    retry_at    timestamptz NOT NULL,
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY
);
CREATE INDEX parked_statuses_due ON outbound.parked_statuses (retry_at);
