-- Who of the team wrote what stands in a conversation: messages here, and templates, which are Outbound's. What was typed on the business's phone has no row.
CREATE TABLE inbound.writers (
    workspace_id uuid        NOT NULL,
    channel_id   uuid        NOT NULL,
    message_id   uuid        NOT NULL,
    actor_id     uuid        NOT NULL,   -- the member or key
    actor_name   text        NOT NULL,   -- as it was then
    PRIMARY KEY (channel_id, message_id)
);
