-- Numbers whose account Meta does not let write to customers first for a time: their campaigns rest until then.
CREATE TABLE outbound.restrictions (
    channel_id uuid        PRIMARY KEY,
    until      timestamptz NOT NULL,
    detail     text        NOT NULL      -- in words
);

-- What the automatic stop counts every few seconds, however many recipients there are: both are few.
CREATE INDEX recipients_refused ON outbound.recipients (channel_id, campaign_id) WHERE state IN ('failed', 'unresolved') AND attempts > 0;
CREATE INDEX recipients_opted_out ON outbound.recipients (channel_id, campaign_id) WHERE opted_out_at IS NOT NULL;

-- The list of them.
CREATE INDEX parked_statuses_latest ON outbound.parked_statuses (channel_id, received_at DESC, id DESC);
