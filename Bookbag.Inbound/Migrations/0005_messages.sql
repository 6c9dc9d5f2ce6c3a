ALTER TABLE inbound.messages
    ADD COLUMN context         jsonb,        -- Meta's context where it says more than which message is quoted: forwarded, a product
    ADD COLUMN referral        jsonb,        -- the ad or post that the customer came from, as Meta says it
    ADD COLUMN first_status_at timestamptz;  -- when Meta's first status of it came
UPDATE inbound.messages SET first_status_at = sent_at WHERE direction = 'out' AND sent_at IS NOT NULL;

-- What is about another message finds it, and is found from it, in whichever order they came.
CREATE INDEX messages_marks ON inbound.messages (conversation_id, context_wamid) WHERE type IN ('reaction', 'edit', 'revoke');

-- Accepted by Meta, and nothing ever heard of them again.
CREATE INDEX messages_without_status ON inbound.messages (workspace_id, at DESC, id DESC)
    WHERE direction = 'out' AND status = 'sent' AND first_status_at IS NULL AND delivery_id IS NULL;

-- What an agent does with a message that it cannot read: a picture or voice note without words.
ALTER TABLE inbound.agent_settings
    ADD COLUMN unreadable           text NOT NULL DEFAULT 'Thank you! I cannot open pictures, voice notes or files. Could you tell me in words what it is about?',
    ADD COLUMN unreadable_behaviour text NOT NULL DEFAULT 'unsure' CHECK (unreadable_behaviour IN ('unsure', 'handoff'));
