-- The people an agent's business knows. The list is newest first by id: ids are of version 7, in the order of their making.
-- There is deliberately no index on name, tags or attributes: searches and filters scan the agent's contacts, a million in about
-- a second, while every further index would be paid for by each row of each import.
CREATE TABLE outbound.contacts (
    workspace_id  uuid        NOT NULL,
    agent_id      uuid        NOT NULL,
    id            uuid        NOT NULL,
    external_id   text        COLLATE "C" CHECK (external_id <> '' AND length(external_id) <= 200),  -- the customer's id in the business's own systems
    phone         text        COLLATE "C" CHECK (phone ~ '^[1-9][0-9]{4,14}$'),                      -- E.164 without the plus, as Meta writes a wa_id
    user_id       text        COLLATE "C" CHECK (user_id <> '' AND length(user_id) <= 150),          -- business-scoped user id (BSUID)
    name          text        CHECK (name <> '' AND length(name) <= 200),
    email         text        CHECK (email <> '' AND length(email) <= 254),
    language      text        CHECK (language <> '' AND length(language) <= 35),                     -- 'en', 'pt_BR'
    tags          text[]      NOT NULL DEFAULT '{}',                                                -- sorted, each once
    attributes    jsonb       NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object'),    -- of the types that contact_attributes says
    opted_in_at   timestamptz,                                                                      -- when the person agreed to marketing; null: never said so. Whether that still holds, suppressions tells
    opt_in_source text        CHECK (opt_in_source IN ('by_hand', 'api', 'import', 'start_word', 'preference')),
    import_id     uuid,                                                                             -- the import that wrote it last
    created_at    timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, id),
    CONSTRAINT contacts_somebody CHECK (phone IS NOT NULL OR user_id IS NOT NULL OR external_id IS NOT NULL),
    CONSTRAINT contacts_opt_in_has_source CHECK ((opted_in_at IS NULL) = (opt_in_source IS NULL))
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX contacts_by_phone ON outbound.contacts (workspace_id, agent_id, phone) WHERE phone IS NOT NULL;
CREATE UNIQUE INDEX contacts_by_external_id ON outbound.contacts (workspace_id, agent_id, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX contacts_by_user_id ON outbound.contacts (workspace_id, agent_id, user_id) WHERE user_id IS NOT NULL;

-- What custom attributes an agent's contacts have, and of which type: declared by a person, or inferred from the first value.
-- In contacts.attributes a text is a string, a number a number, a date a string 'yyyy-MM-dd' or 'yyyy-MM-ddTHH:mm:ssZ' (so that text order
-- is time order), a boolean a boolean, a list an array of strings.
CREATE TABLE outbound.contact_attributes (
    workspace_id uuid        NOT NULL,
    agent_id     uuid        NOT NULL,
    name         text        COLLATE "C" NOT NULL CHECK (name ~ '^[^[:cntrl:]{}]{1,100}$'),
    type         text        NOT NULL CHECK (type IN ('text', 'number', 'date', 'boolean', 'list')),
    declared     boolean     NOT NULL,
    created_at   timestamptz NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, name)
);

-- Who must not get marketing. It is about an address, not about a contact: it outlives the contact's deletion and its next import,
-- and holds for every agent of the workspace. There are two lists, for neither undoes the other: 'own' (STOP words, by hand, by
-- API; START lifts it) and 'meta' (Stop pressed in WhatsApp, or error 131050; only Meta's "resume" lifts it, and Meta refuses until then).
-- Events come late and in any order: `at` is the latest opt-out and `lifted_at` the latest opt-in, by their own times, and the later one holds; of two at once, the opt-out.
-- A row may know an opt-in only, so that an older opt-out that comes after it does not win.
CREATE TABLE outbound.suppressions (
    workspace_id  uuid        NOT NULL,
    address       text        COLLATE "C" NOT NULL CHECK (address ~ '^[pu]:.+'),   -- 'p:<digits>' for a phone number, 'u:<BSUID>' for a user id
    list          text        NOT NULL CHECK (list IN ('own', 'meta')),
    agent_id      uuid,                                                            -- where it was said; null where it was said to none in particular
    at            timestamptz,
    source        text        CHECK (source IN ('stop_word', 'by_hand', 'api', 'import', 'preference', 'error_131050')),
    reason        text,                                                            -- in words: what was said, or Meta's detail
    actor         text,                                                            -- who wrote it down, where a person or a key did
    lifted_at     timestamptz,
    lifted_source text        CHECK (lifted_source IN ('start_word', 'by_hand', 'api', 'preference')),
    lifted_by     text,
    active        boolean     NOT NULL GENERATED ALWAYS AS (at IS NOT NULL AND (lifted_at IS NULL OR lifted_at <= at)) STORED,
    PRIMARY KEY (workspace_id, address, list),
    CONSTRAINT suppressions_says_something CHECK (at IS NOT NULL OR lifted_at IS NOT NULL),
    CONSTRAINT suppressions_source CHECK ((at IS NULL) = (source IS NULL)),
    CONSTRAINT suppressions_lifted_source CHECK ((lifted_at IS NULL) = (lifted_source IS NULL))
);

-- Everyone who must not get marketing now, once: what audiences and senders anti-join with, by 'p:' || phone and 'u:' || user_id.
CREATE VIEW outbound.suppressed AS SELECT DISTINCT workspace_id, address FROM outbound.suppressions WHERE active;

-- A CSV file on its way into the contacts. The file is in import_chunks until the import is over; rows_read is the checkpoint, committed
-- together with what the rows became, so that any replica goes on where a dead one stopped.
CREATE TABLE outbound.imports (
    workspace_id    uuid        NOT NULL,
    agent_id        uuid        NOT NULL,
    id              uuid        NOT NULL,
    file_name       text        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('uploading', 'ready', 'running', 'completed', 'cancelled', 'failed')),
    bytes           bigint      NOT NULL DEFAULT 0,
    encoding        text,                                                  -- 'utf-8', 'utf-16', 'utf-16BE', 'windows-1252'
    delimiter       text,
    has_header      boolean,
    columns         jsonb,                                                 -- of the file, with samples and the guess of what each is
    mapping         jsonb,                                                 -- what each column becomes
    default_region  text,                                                  -- of numbers without a country code: 'DE'
    tags            text[]      NOT NULL DEFAULT '{}',                     -- put on every contact of the file
    opted_in        boolean     NOT NULL DEFAULT false,                    -- whether the uploader says that everybody in the file agreed to marketing
    created_by      text        NOT NULL,
    rows_read       bigint      NOT NULL DEFAULT 0,
    bytes_read      bigint      NOT NULL DEFAULT 0,
    rows_created    bigint      NOT NULL DEFAULT 0,
    rows_updated    bigint      NOT NULL DEFAULT 0,
    rows_duplicate  bigint      NOT NULL DEFAULT 0,                        -- of somebody who is in the file above
    rows_failed     bigint      NOT NULL DEFAULT 0,
    problem         text,                                                  -- why it failed, in words
    lease_id        uuid,
    lease_until     timestamptz,
    created_at      timestamptz NOT NULL,
    started_at      timestamptz,
    finished_at     timestamptz,
    PRIMARY KEY (workspace_id, agent_id, id),
    CONSTRAINT imports_lease CHECK ((lease_id IS NULL) = (lease_until IS NULL)),
    CONSTRAINT imports_running_is_mapped CHECK (state <> 'running' OR (mapping IS NOT NULL AND started_at IS NOT NULL)),
    CONSTRAINT imports_over_has_time CHECK ((state IN ('completed', 'cancelled', 'failed')) = (finished_at IS NOT NULL))
);
CREATE INDEX imports_running ON outbound.imports (started_at) WHERE state = 'running';

CREATE TABLE outbound.import_chunks (
    workspace_id uuid    NOT NULL,
    import_id    uuid    NOT NULL,
    number       integer NOT NULL,
    data         bytea   NOT NULL,
    PRIMARY KEY (workspace_id, import_id, number)
);
-- Compressing a file that is read once and dropped costs more than it saves.
ALTER TABLE outbound.import_chunks ALTER COLUMN data SET STORAGE EXTERNAL;

-- Rows that could not be imported, as they stand in the file, with the reason: the CSV to download.
CREATE TABLE outbound.import_errors (
    workspace_id uuid   NOT NULL,
    import_id    uuid   NOT NULL,
    row          bigint NOT NULL,     -- in the file, the first one under the header is 1
    column_name  text,
    code         text   NOT NULL,
    message      text   NOT NULL,
    cells        text[] NOT NULL,
    PRIMARY KEY (workspace_id, import_id, row)
);
