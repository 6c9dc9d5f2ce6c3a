-- Every message moves its conversation to the front of the lists, in each index that orders them: four were most of what a message cost here. Of one
-- agent and one mode in order, the lists of all agents and of both modes are merged.
DROP INDEX inbound.conversations_latest;
DROP INDEX inbound.conversations_latest_of_agent;
DROP INDEX inbound.conversations_latest_human;
DROP INDEX inbound.conversations_latest_human_of_agent;
CREATE INDEX conversations_latest ON inbound.conversations (agent_id, mode, last_message_at DESC, id DESC);
