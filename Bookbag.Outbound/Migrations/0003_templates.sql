-- Templates as the business wrote them and as Meta knows them. Components are Meta's own JSON, with the examples in them: what is
-- submitted, what sync brings, what sends are built from.
CREATE TABLE outbound.templates (
    workspace_id        uuid        NOT NULL,
    agent_id            uuid        NOT NULL,
    id                  uuid        NOT NULL,
    channel_id          uuid,                                        -- the agent's channel when it was submitted or found at Meta
    business_account_id text,                                        -- at Meta a template belongs to the account, which several channels may share
    meta_id             text        COLLATE "C",                     -- Meta's id; null while it was never submitted
    name                text        NOT NULL CHECK (name <> ''),
    language            text        NOT NULL CHECK (language <> ''), -- as REST writes it: en_US
    category            text        NOT NULL CHECK (category <> ''), -- MARKETING, UTILITY, AUTHENTICATION, or what Meta says
    status              text        NOT NULL CHECK (status <> ''),   -- exactly as Meta says, also what nobody knew before; DRAFT is ours: never submitted
    status_at           timestamptz NOT NULL,                        -- by Meta's time where it told; an older event does not change the status
    quality             text,                                        -- GREEN, YELLOW, RED, UNKNOWN, as Meta says
    parameter_format    text        NOT NULL CHECK (parameter_format IN ('positional', 'named')),
    components          jsonb       NOT NULL CHECK (jsonb_typeof(components) = 'array'),
    ttl_seconds         integer,                                     -- message_send_ttl_seconds
    rejection_reason    text,                                        -- Meta's word: INVALID_FORMAT, PROMOTIONAL …
    rejection_detail    text,                                        -- Meta's explanation and recommendation, or of a pause its title
    previous_category   text,                                        -- of a change by Meta; utility turned marketing stops campaigns until consent was checked again
    category_changed_at timestamptz,
    next_category       text,                                        -- announced by Meta
    next_category_at    timestamptz,
    pending_components  jsonb,                                       -- a change that was made here and not submitted yet
    problem             text,                                        -- what Meta or the network said to the last submission, edit or sync of it
    submitted_at        timestamptz,
    synced_at           timestamptz,                                 -- when Meta last told of it
    deleted_at          timestamptz,                                 -- kept for the campaigns that used it
    created_at          timestamptz NOT NULL,
    updated_at          timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, id),
    CONSTRAINT templates_draft_is_unknown_to_meta CHECK (status <> 'DRAFT' OR meta_id IS NULL)
);
CREATE UNIQUE INDEX templates_one_per_language ON outbound.templates (workspace_id, agent_id, name, language) WHERE deleted_at IS NULL;
CREATE INDEX templates_by_meta_id ON outbound.templates (workspace_id, meta_id) WHERE meta_id IS NOT NULL;

-- The last sync of an agent's templates with Meta. Part of it may have failed: what was read counts, the rest is named.
CREATE TABLE outbound.template_syncs (
    workspace_id uuid        NOT NULL,
    agent_id     uuid        NOT NULL,
    started_at   timestamptz NOT NULL,
    finished_at  timestamptz,
    found        integer     NOT NULL DEFAULT 0,
    problems     text[]      NOT NULL DEFAULT '{}',
    complete     boolean     NOT NULL DEFAULT false,   -- whether every page was read
    completed_at timestamptz,                          -- when a sync last was
    wanted       boolean     NOT NULL DEFAULT false,   -- a webhook said less than all: the next round does not wait for its time
    PRIMARY KEY (workspace_id, agent_id)
);
