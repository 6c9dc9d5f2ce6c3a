-- Websites and files: what is fetched or uploaded is read by a worker ("training"), which then puts the source's chunks in place of those before.
-- `task` and `due_at` are its queue: a task that a worker has taken is due again when its lease ends.
ALTER TABLE inbound.sources
    DROP CONSTRAINT sources_type_check,
    DROP CONSTRAINT sources_content_check,
    ADD COLUMN url            text,                              -- of a website: where reading begins
    ADD COLUMN refresh_days   smallint CHECK (refresh_days BETWEEN 1 AND 365),
    ADD COLUMN status         text     NOT NULL DEFAULT 'trained' CHECK (status IN ('waiting', 'training', 'trained', 'failed')),
    ADD COLUMN problem        text,                              -- what went wrong last, in words
    ADD COLUMN training       integer  NOT NULL DEFAULT 0,       -- counts trainings: pages belong to one
    ADD COLUMN training_since timestamptz,                       -- when the one under way began
    ADD COLUMN trained_at     timestamptz,                       -- when the chunks that answer were put in place
    ADD COLUMN pages_done     integer  NOT NULL DEFAULT 0,
    ADD COLUMN pages_all      integer  NOT NULL DEFAULT 0,
    ADD COLUMN chunks_done    integer  NOT NULL DEFAULT 0,
    ADD COLUMN chunks_all     integer  NOT NULL DEFAULT 0,
    ADD COLUMN task           text     CHECK (task IN ('train', 'embed')),
    ADD COLUMN due_at         timestamptz,
    ADD COLUMN attempts       integer  NOT NULL DEFAULT 0,       -- tries since it last came on
    ADD COLUMN lease_id       uuid,                              -- the worker's that may write now
    ADD CHECK (type IN ('text', 'qa', 'website', 'file')),
    ADD CHECK (CASE WHEN type IN ('text', 'qa') THEN content <> '' ELSE content = '' END),
    ADD CHECK ((type = 'website') = (url IS NOT NULL)),
    ADD CHECK (type = 'website' OR refresh_days IS NULL),
    ADD CHECK ((task IS NULL) = (due_at IS NULL)),
    ADD CHECK (status <> 'failed' OR problem IS NOT NULL);

UPDATE inbound.sources s SET trained_at = updated_at, chunks_done = chunks, chunks_all = chunks
FROM (SELECT agent_id, source_id, count(*)::integer AS chunks FROM inbound.chunks GROUP BY agent_id, source_id) c
WHERE c.agent_id = s.agent_id AND c.source_id = s.id;

CREATE INDEX sources_due ON inbound.sources (due_at) WHERE due_at IS NOT NULL;

-- The pages of a website: what is still to be read and what became of what was, so that a worker that dies is followed by one that goes on.
-- The text goes when the chunks are made; the rest stays for the team until the next training.
CREATE TABLE inbound.source_pages (
    workspace_id uuid     NOT NULL,
    agent_id     uuid     NOT NULL,
    source_id    uuid     NOT NULL,
    training     integer  NOT NULL,
    nr           integer  NOT NULL,                              -- in the order in which they were found
    url          text     NOT NULL,
    depth        smallint NOT NULL,                              -- links from the first page
    state        text     NOT NULL CHECK (state IN ('waiting', 'read', 'skipped', 'failed', 'gone')),
    tries        smallint NOT NULL DEFAULT 0,
    title        text,
    text         text,
    text_hash    uuid,                                           -- the same page under another address is read once
    characters   integer,
    problem      text,
    fetched_at   timestamptz,
    PRIMARY KEY (agent_id, source_id, training, nr),
    UNIQUE (agent_id, source_id, training, url),
    FOREIGN KEY (agent_id, source_id) REFERENCES inbound.sources ON DELETE CASCADE,
    CHECK ((state = 'waiting') = (fetched_at IS NULL)),
    CHECK (state IN ('waiting', 'read') OR problem IS NOT NULL)
);
CREATE INDEX source_pages_waiting ON inbound.source_pages (agent_id, source_id, training, tries, depth, nr) WHERE state = 'waiting';

-- Uploaded files as they came, to be read again by better code. Pieces are not needed: a file is small enough to be read whole.
CREATE TABLE inbound.source_files (
    workspace_id uuid   NOT NULL,
    agent_id     uuid   NOT NULL,
    source_id    uuid   NOT NULL,
    file_name    text   NOT NULL,
    kind         text   NOT NULL CHECK (kind IN ('txt', 'md', 'csv', 'pdf', 'docx')),
    size         bigint NOT NULL,
    sha256       bytea  NOT NULL,
    bytes        bytea  NOT NULL,
    PRIMARY KEY (agent_id, source_id),
    FOREIGN KEY (agent_id, source_id) REFERENCES inbound.sources ON DELETE CASCADE
);
ALTER TABLE inbound.source_files ALTER COLUMN bytes SET STORAGE EXTERNAL;

-- The page of a website that a chunk stands on.
ALTER TABLE inbound.chunks ADD COLUMN url text;
