-- Recipients are written by the million when an audience is frozen, each with an entry in every index whose rows it is among. By their customer only those are
-- looked for who have got a message, or may have: they come into this index when they are begun, and the others never do.
UPDATE outbound.recipients SET begun_at = sent_at WHERE begun_at IS NULL AND sent_at IS NOT NULL;
DROP INDEX outbound.recipients_of_customer;
CREATE INDEX recipients_of_customer ON outbound.recipients (channel_id, customer) WHERE begun_at IS NOT NULL OR campaign_id IS NULL;

-- Every address under which a recipient may answer.
CREATE OR REPLACE VIEW outbound.recipient_addresses AS
SELECT channel_id, customer AS address, id FROM outbound.recipients WHERE begun_at IS NOT NULL OR campaign_id IS NULL
UNION ALL
SELECT channel_id, 'p:' || wa_id, id FROM outbound.recipients WHERE 'p:' || wa_id <> customer
UNION ALL
SELECT channel_id, 'u:' || user_id, id FROM outbound.recipients WHERE 'u:' || user_id <> customer;
