CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gin;

-- How an agent behaves; without a row it behaves as the program's defaults say.
CREATE TABLE inbound.agent_settings (
    workspace_id uuid             NOT NULL,
    agent_id     uuid             PRIMARY KEY,
    threshold    double precision NOT NULL CHECK (threshold BETWEEN 0 AND 1),
    behaviour    text             NOT NULL CHECK (behaviour IN ('unsure', 'handoff', 'contact')),
    greeting     text             NOT NULL,
    thanks       text             NOT NULL,
    unsure       text             NOT NULL,
    handoff      text             NOT NULL,
    contact      text             NOT NULL,
    instructions text             NOT NULL,
    updated_at   timestamptz      NOT NULL
);

-- What the team gave the agent to answer from.
CREATE TABLE inbound.sources (
    workspace_id uuid        NOT NULL,
    agent_id     uuid        NOT NULL,
    id           uuid        NOT NULL,
    type         text        NOT NULL CHECK (type IN ('text', 'qa')),
    name         text        NOT NULL CHECK (name <> ''),      -- of a Q&A pair: the question
    content      text        NOT NULL CHECK (content <> ''),   -- of a Q&A pair: the answer
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL,
    PRIMARY KEY (agent_id, id)
);

-- The pieces in which sources are found. Never updated: a source that changes is cut and indexed anew.
-- `terms` are the words as the program folds them (Answering/Words.cs), without positions: scoring needs none, and the column
-- stays small enough to live beside its row. MAIN keeps it there and sends the text away first, which only the best pieces need.
CREATE TABLE inbound.chunks (
    workspace_id uuid     NOT NULL,
    agent_id     uuid     NOT NULL,
    source_id    uuid     NOT NULL,
    ordinal      integer  NOT NULL,
    heading      text     NOT NULL,                            -- of a Q&A pair: the question
    text         text     NOT NULL,
    terms        tsvector NOT NULL,
    PRIMARY KEY (agent_id, source_id, ordinal),
    FOREIGN KEY (agent_id, source_id) REFERENCES inbound.sources ON DELETE CASCADE
);
ALTER TABLE inbound.chunks ALTER COLUMN terms SET STORAGE MAIN;

-- The agent first: what other tenants wrote is skipped, not read. No pending list: it would be searched row by row after every import.
CREATE INDEX chunks_terms ON inbound.chunks USING gin (agent_id, terms) WITH (fastupdate = off);

-- The agent's own words and in how many of its chunks each stands; the empty word counts all chunks. It says what a rare word is,
-- and it is where another ending or a slip of the finger finds the word that was meant.
-- A trigram index over these words took 9 ms a lookup (30,000 words of the agent, 1.9 million of all), over the texts more: every
-- text has every common trigram. So trigrams only rank words that begin or end alike, found in 1 ms by the two B-trees.
CREATE TABLE inbound.terms (
    agent_id uuid             NOT NULL,
    term     text COLLATE "C" NOT NULL,
    chunks   integer          NOT NULL CHECK (chunks > 0),
    PRIMARY KEY (agent_id, term) INCLUDE (chunks)
);
CREATE INDEX terms_from_their_end ON inbound.terms (agent_id, reverse(term)) INCLUDE (term, chunks);

-- Kept by triggers, so that nothing that writes chunks can forget it (a source deleted by cascade included).
CREATE FUNCTION inbound.terms_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO inbound.terms AS known (agent_id, term, chunks)
    SELECT agent_id, word, count(*) FROM added CROSS JOIN LATERAL unnest(array_append(tsvector_to_array(terms), '')) AS word
    GROUP BY agent_id, word ORDER BY agent_id, word
    ON CONFLICT (agent_id, term) DO UPDATE SET chunks = known.chunks + excluded.chunks;
    RETURN NULL;
END $$;

CREATE FUNCTION inbound.terms_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    WITH gone AS MATERIALIZED (
        SELECT agent_id, word, count(*)::integer AS chunks FROM removed CROSS JOIN LATERAL unnest(array_append(tsvector_to_array(terms), '')) AS word
        GROUP BY agent_id, word
    ), last AS (
        DELETE FROM inbound.terms known USING gone WHERE known.agent_id = gone.agent_id AND known.term = gone.word AND known.chunks <= gone.chunks
    )
    UPDATE inbound.terms known SET chunks = known.chunks - gone.chunks
    FROM gone WHERE known.agent_id = gone.agent_id AND known.term = gone.word AND known.chunks > gone.chunks;
    RETURN NULL;
END $$;

CREATE TRIGGER terms_added AFTER INSERT ON inbound.chunks REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION inbound.terms_added();
CREATE TRIGGER terms_removed AFTER DELETE ON inbound.chunks REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION inbound.terms_removed();
