-- Contract for other schemas: until when a customer service window is open, by every address the customer was seen under.
-- Read by Outbound: a template inside the window takes no place in the messaging limit.
CREATE VIEW inbound.customer_windows AS
SELECT a.channel_id, a.address AS customer,
       CASE WHEN c.window_refused_at IS NULL THEN c.last_inbound_at + interval '24 hours' END AS closes_at
FROM inbound.conversation_addresses a
JOIN inbound.conversations c ON c.channel_id = a.channel_id AND c.id = a.conversation_id;
