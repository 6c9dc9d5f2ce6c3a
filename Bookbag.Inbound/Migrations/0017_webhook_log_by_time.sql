-- A block range index looked cheap and made a trap: for a delivery's key the planner could choose it instead of the key itself, and then read
-- all that had come since it was last summarised, once for each delivery of a batch.
DROP INDEX inbound.webhook_deliveries_by_time;
CREATE INDEX webhook_deliveries_by_time ON inbound.webhook_deliveries (received_at);
