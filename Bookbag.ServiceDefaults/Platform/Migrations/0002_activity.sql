-- Who did what, and when. A row holds names and ids as they were then: no bodies, no secrets, no phone numbers. It has no foreign keys but the workspace's:
-- what it tells of may be gone.
CREATE TABLE platform.activity (
    workspace_id uuid        NOT NULL REFERENCES platform.workspaces,
    at           timestamptz NOT NULL,
    id           uuid        NOT NULL,
    action       text        NOT NULL CHECK (action ~ '^[a-z_]+\.[a-z_]+$'), -- campaign.launched
    actor_kind   text        NOT NULL CHECK (actor_kind IN ('member', 'key')),
    actor_id     uuid        NOT NULL,
    actor        text        NOT NULL,  -- the member's e-mail address or the key's name
    agent_id     uuid,
    subject_id   uuid,
    subject      text,                  -- what it is called, and what was decided about it
    PRIMARY KEY (workspace_id, at, id)
);
CREATE INDEX activity_of_actor ON platform.activity (workspace_id, actor_id, at, id);
CREATE INDEX activity_by_time ON platform.activity (at);

CREATE FUNCTION platform.stays_as_it_is() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was done is never rewritten; it goes when its time is over.';
END $$;
CREATE TRIGGER activity_stays BEFORE UPDATE ON platform.activity FOR EACH STATEMENT EXECUTE FUNCTION platform.stays_as_it_is();
