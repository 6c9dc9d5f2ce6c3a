-- The file of a message; its id is the message's. What is to be done with it is in `task`, when in `due_at`: a worker that takes it moves `due_at`
-- behind the time it may need, so that a dead worker's task comes up again by itself.
CREATE TABLE inbound.media (
    workspace_id    uuid        NOT NULL,
    channel_id      uuid        NOT NULL,
    agent_id        uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    id              uuid        NOT NULL,
    at              timestamptz NOT NULL,               -- with channel and id the message's key
    direction       text        NOT NULL CHECK (direction IN ('in', 'out')),
    kind            text        NOT NULL,               -- image, video, audio, document, sticker
    mime_type       text,
    filename        text,
    meta_id         text,                               -- Meta's id; of one that goes out: once it is uploaded
    url             text,                               -- where Meta had it when the webhook was sent: good for five minutes
    sha256          bytea,
    size            bigint,
    state           text        NOT NULL CHECK (state IN ('wanted', 'stored', 'failed', 'expired')),
    task            text        CHECK (task IN ('fetch', 'read', 'upload')),
    due_at          timestamptz,
    attempts        integer     NOT NULL DEFAULT 0,
    problem         text,                               -- why it is not there, or could not be read or sent
    transcript      text,                               -- what a model read in it
    received_at     timestamptz NOT NULL,
    PRIMARY KEY (channel_id, id),
    CONSTRAINT media_task_is_due CHECK ((task IS NULL) = (due_at IS NULL)),
    CONSTRAINT media_stored_has_size CHECK (state <> 'stored' OR (size IS NOT NULL AND sha256 IS NOT NULL))
);
CREATE INDEX media_due ON inbound.media (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX media_of_conversation ON inbound.media (conversation_id, id);
CREATE INDEX media_oldest ON inbound.media (received_at) WHERE state = 'stored';

-- Its bytes, in pieces of 256 KB: read and written as a stream, from any place in it. Not compressed: media are already.
CREATE TABLE inbound.media_pieces (
    channel_id uuid    NOT NULL,
    media_id   uuid    NOT NULL,
    nr         integer NOT NULL,
    bytes      bytea   NOT NULL,
    PRIMARY KEY (channel_id, media_id, nr),
    FOREIGN KEY (channel_id, media_id) REFERENCES inbound.media (channel_id, id) ON DELETE CASCADE
);
ALTER TABLE inbound.media_pieces ALTER COLUMN bytes SET STORAGE EXTERNAL;
