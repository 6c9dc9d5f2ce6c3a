-- Up to which of the customer's messages a member has looked at a conversation: what came later is unread to that member.
CREATE TABLE inbound.looks (
    workspace_id    uuid        NOT NULL,
    member_id       uuid        NOT NULL,
    conversation_id uuid        NOT NULL,
    looked_to       timestamptz NOT NULL,   -- Meta's timestamp of the customer's latest message then
    PRIMARY KEY (workspace_id, member_id, conversation_id)
);
