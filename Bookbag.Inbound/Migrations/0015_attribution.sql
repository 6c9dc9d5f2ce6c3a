-- A message of a customer that may answer a campaign goes to delivery.events as kind 'reply': wamid is the message, payload
-- {"conversationId", "messageId", "quoted": Meta's id of the message that it quotes, "token": the recipient whose button was tapped, "optOut": a STOP word}.
-- Only on channels on which a campaign was ever launched.

CREATE INDEX conversation_addresses_of_conversation ON inbound.conversation_addresses (channel_id, conversation_id);

-- Contracts for Outbound: every address that a customer was ever seen under; which of Meta's ids are messages of conversations; what customers wrote.
CREATE VIEW inbound.customer_addresses AS SELECT channel_id, conversation_id, address FROM inbound.conversation_addresses;
CREATE VIEW inbound.message_ids AS SELECT channel_id, wamid FROM inbound.wamids;
CREATE VIEW inbound.customer_messages AS SELECT workspace_id, channel_id, conversation_id, id, at, type, text, wamid FROM inbound.messages WHERE direction = 'in';

-- Outbound's contracts, as Inbound reads them. Outbound may start later than Inbound, or be of an earlier version: then no campaign wrote to anybody yet.
-- (The bodies are not looked at before they run, so they need not be there when this is applied.)
CREATE FUNCTION inbound.campaigning(channels uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF to_regclass('outbound.campaigning_channels') IS NOT NULL THEN
        RETURN QUERY SELECT c.channel_id FROM outbound.campaigning_channels c WHERE c.channel_id = ANY (channels);
    END IF;
END $$;

-- What campaigns and people sent to a customer as templates, the latest first: not rows of the thread, so that those who never answer need no conversation.
-- Each stands at the beginning of its second: Meta's clock, by which customers' messages stand, counts no less, and an answer comes after what it answers.
CREATE FUNCTION inbound.template_messages(channel uuid, conversation uuid) RETURNS TABLE (
    id uuid, campaign_id uuid, campaign_name text, reply_mode text, by_person boolean, template_name text, at timestamptz, begun_at timestamptz, status text, wamid text,
    sent_at timestamptz, delivered_at timestamptz, read_at timestamptz, ended_at timestamptz, reason text, error_code integer, detail text, text text, content text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    IF to_regclass('outbound.template_messages') IS NOT NULL THEN
        RETURN QUERY
        SELECT DISTINCT ON (date_trunc('second', m.at), m.id) m.id, m.campaign_id, m.campaign_name, m.reply_mode, m.conversation_id IS NOT NULL, m.template_name,
            date_trunc('second', m.at), m.begun_at, m.status, m.wamid,
            m.sent_at, m.delivered_at, m.read_at, m.ended_at, m.reason, m.error_code, m.detail, m.text, m.content::text
        FROM inbound.conversation_addresses a
        JOIN outbound.template_messages m ON m.channel_id = a.channel_id AND m.address = a.address
        WHERE a.channel_id = channel AND a.conversation_id = conversation
        ORDER BY date_trunc('second', m.at) DESC, m.id DESC LIMIT 200;
    END IF;
END $$;

CREATE FUNCTION inbound.reply_links(channel uuid, wamids text[]) RETURNS TABLE (wamid text, campaign_id uuid, campaign_name text, recipient_id uuid, rule text, late boolean)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    IF to_regclass('outbound.reply_links') IS NOT NULL THEN
        RETURN QUERY SELECT l.wamid, l.campaign_id, l.campaign_name, l.recipient_id, l.rule, l.late
        FROM outbound.reply_links l WHERE l.channel_id = channel AND l.wamid = ANY (wamids);
    END IF;
END $$;
