-- What else Meta tells of a customer: the name that they chose, and the user id that all numbers of a managed business share.
ALTER TABLE inbound.conversations
    ADD COLUMN customer_username       text,
    ADD COLUMN customer_parent_user_id text;

-- Problems of a number or its account that Meta reported by webhook, and that belong to no message: the latest of each kind.
CREATE TABLE inbound.channel_reports (
    channel_id  uuid        NOT NULL,
    code        integer     NOT NULL,   -- Meta's error code
    text        text        NOT NULL,   -- in words, and what to do about it
    reported_at timestamptz NOT NULL,
    PRIMARY KEY (channel_id, code)
);
