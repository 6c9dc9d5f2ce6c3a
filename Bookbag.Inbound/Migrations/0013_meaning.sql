-- What chunks mean, as an embedding model puts it: kept by what a chunk says, not by where it stands. A source that is read again only pays for what is new,
-- and what a training worked out before it died is not worked out again.
ALTER TABLE inbound.chunks ADD COLUMN hash uuid NOT NULL GENERATED ALWAYS AS (md5(heading || E'\n' || text)::uuid) STORED;
CREATE INDEX chunks_hash ON inbound.chunks (agent_id, hash);

-- `code` has a bit for the sign of each number of the vector. Bits are compared in no time, so all of an agent's codes say which few vectors are worth reading.
CREATE TABLE inbound.chunk_vectors (
    workspace_id uuid        NOT NULL,
    agent_id     uuid        NOT NULL,
    model        text        NOT NULL,
    hash         uuid        NOT NULL,
    code         bit varying NOT NULL,
    vector       real[]      NOT NULL,                           -- of length 1
    PRIMARY KEY (agent_id, model, hash),
    CHECK (length(code) = cardinality(vector))
);
-- Out of the way of the codes, and as they are: numbers do not pack.
ALTER TABLE inbound.chunk_vectors ALTER COLUMN vector SET STORAGE EXTERNAL;

-- Where pgvector is installed on the server it compares the vectors; see docs/adr. Nothing is stored in its types, so it may come and go.
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') THEN
        CREATE EXTENSION IF NOT EXISTS vector;
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'pgvector is there and may not be installed by this role: vectors are compared by the program.';
END $$;
