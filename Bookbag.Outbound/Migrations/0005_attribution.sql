ALTER TABLE outbound.recipients
    ADD COLUMN begun_at timestamptz,   -- when it was last committed as sending: from then on the customer may have it, and may answer
    ADD COLUMN user_id  text;          -- the customer's business-scoped user id, as Meta named it in its answer or in a status
ALTER TABLE outbound.single_sends
    ADD COLUMN conversation_id uuid;   -- the conversation that a person wrote it in; null where a program sent it

-- Meta may know a customer under another spelling of the number than ours (Brazil's ninth digit, Mexico's 1, Argentina's 9) or by user id alone:
-- replies come under that. Only what differs is in the indexes.
CREATE INDEX recipients_by_wa_id ON outbound.recipients (channel_id, ('p:' || wa_id)) WHERE 'p:' || wa_id <> customer;
CREATE INDEX recipients_by_user_id ON outbound.recipients (channel_id, ('u:' || user_id)) WHERE 'u:' || user_id <> customer;

-- Every address under which a recipient may answer.
CREATE VIEW outbound.recipient_addresses AS
SELECT channel_id, customer AS address, id FROM outbound.recipients WHERE customer IS NOT NULL
UNION ALL
SELECT channel_id, 'p:' || wa_id, id FROM outbound.recipients WHERE 'p:' || wa_id <> customer
UNION ALL
SELECT channel_id, 'u:' || user_id, id FROM outbound.recipients WHERE 'u:' || user_id <> customer;

-- Customers' messages that answer a campaign, with the evidence; and those about which that may still turn out, until they are dropped. A link is what
-- the rule says of all that is known: it is decided anew (look_at) while something that matters is not known yet, so that the order in which answers,
-- statuses and replies come makes no difference.
CREATE TABLE outbound.replies (
    workspace_id    uuid        NOT NULL,
    channel_id      uuid        NOT NULL,
    wamid           text        NOT NULL,
    conversation_id uuid        NOT NULL,
    message_id      uuid        NOT NULL,              -- Inbound's
    at              timestamptz NOT NULL,              -- Meta's time of the message
    received_at     timestamptz NOT NULL,
    quoted          text,                              -- Meta's id of the message that it quotes
    token           uuid,                              -- the recipient whose button was tapped
    opt_out         boolean     NOT NULL,              -- a STOP word: counted apart
    campaign_id     uuid,
    recipient_id    uuid,
    rule            text        CHECK (rule IN ('quoted', 'button', 'latest')),
    late            boolean,                           -- exact, and more than 72 hours after the campaign's message
    others          jsonb,                             -- the other campaigns' messages that it might have answered: [{"campaignId", "recipientId", "at"}]
    look_at         timestamptz,
    PRIMARY KEY (channel_id, wamid),
    CONSTRAINT replies_linked CHECK ((campaign_id IS NULL) = (recipient_id IS NULL) AND (campaign_id IS NULL) = (rule IS NULL)
        AND (campaign_id IS NULL) = (late IS NULL) AND (campaign_id IS NULL) = (others IS NULL)),
    CONSTRAINT replies_late_is_exact CHECK (NOT late OR rule <> 'latest')
);
CREATE INDEX replies_of_campaign ON outbound.replies (channel_id, campaign_id, at DESC, message_id DESC) WHERE campaign_id IS NOT NULL;
CREATE INDEX replies_of_recipient ON outbound.replies (channel_id, recipient_id) WHERE recipient_id IS NOT NULL;
CREATE INDEX replies_due ON outbound.replies (look_at) WHERE look_at IS NOT NULL;

-- A text of a template with the values in the variables' places, as TemplateMessage renders it. What has no value stays as it is.
CREATE FUNCTION outbound.filled(template text, parameters jsonb, prefix text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    rest text := template;
    done text := '';
    part text[];
    value text;
BEGIN
    LOOP
        part := regexp_match(rest, '\{\{([^{}]*)\}\}');
        EXIT WHEN part IS NULL;
        value := parameters ->> (prefix || part[1]);
        value := regexp_replace(regexp_replace(regexp_replace(value, '[\r\n\t\v\f\u0085\u2028\u2029]+', ' ', 'g'), ' {5,}', '    ', 'g'), '^\s+|\s+$', '', 'g');
        done := done || split_part(rest, '{{' || part[1] || '}}', 1) || coalesce(value, '{{' || part[1] || '}}');
        rest := substr(rest, strpos(rest, '{{' || part[1] || '}}') + length(part[1]) + 4);
    END LOOP;
    RETURN done || rest;
END $$;

-- What a customer reads of a template: header and body. A one-time password is nobody else's business.
CREATE FUNCTION outbound.template_text(components jsonb, named boolean, category text, parameters jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN upper(category) = 'AUTHENTICATION' THEN '(one-time password)' ELSE
        (SELECT string_agg(outbound.filled(part ->> 'text', parameters, CASE WHEN upper(part ->> 'type') = 'HEADER' AND NOT named THEN 'header.' ELSE '' END), E'\n'
                           ORDER BY upper(part ->> 'type') DESC)
         FROM jsonb_array_elements(components) AS part
         WHERE upper(part ->> 'type') IN ('HEADER', 'BODY') AND part ->> 'text' IS NOT NULL) END
$$;

-- Contract for Inbound: templates that went, or may have gone, to customers, by every address under which those may answer. Campaigns' messages and
-- single sends; of a campaign not those that Meta refused at once. `begun_at` is the earliest time at which a customer can have had it.
CREATE VIEW outbound.template_messages AS
SELECT r.workspace_id, r.channel_id, a.address, r.id, r.campaign_id, c.name AS campaign_name, c.reply_mode, s.conversation_id, t.name AS template_name,
    coalesce(s.created_at, least(r.sent_at, r.begun_at)) AS at,
    least(r.sent_at, r.begun_at) AS begun_at,
    CASE r.state WHEN 'pending' THEN 'sending' WHEN 'unresolved' THEN 'sending' WHEN 'skipped' THEN 'discarded'
        WHEN 'sent' THEN CASE WHEN r.read_at IS NOT NULL THEN 'read' WHEN r.delivered_at IS NOT NULL THEN 'delivered' ELSE 'sent' END
        ELSE r.state END AS status,
    r.wamid, r.sent_at, r.delivered_at, r.read_at, r.ended_at, r.reason, r.error_code, r.detail,
    outbound.template_text(t.components, t.parameter_format = 'named', t.category, r.parameters) AS text,
    jsonb_build_object('name', t.name, 'language', jsonb_build_object('code', t.language),
        'footer', jsonb_path_query_first(t.components, '$[*] ? (@.type like_regex "^footer$" flag "i").text'),
        'buttons', jsonb_path_query_array(t.components, '$[*] ? (@.type like_regex "^buttons$" flag "i").buttons[*].text')) AS content
FROM outbound.recipient_addresses a
JOIN outbound.recipients r ON r.channel_id = a.channel_id AND r.id = a.id
LEFT JOIN outbound.campaigns c ON c.channel_id = r.channel_id AND c.id = r.campaign_id
LEFT JOIN outbound.single_sends s ON s.channel_id = r.channel_id AND s.id = r.id
JOIN outbound.templates t ON t.workspace_id = r.workspace_id AND t.agent_id = coalesce(c.agent_id, s.agent_id) AND t.id = coalesce(c.template_id, s.template_id)
WHERE r.campaign_id IS NULL OR r.sent_at IS NOT NULL OR r.state IN ('sending', 'unresolved') OR r.reason = 'outcome_unknown';

-- Contract for Inbound: the campaigns that customers' messages answer.
CREATE VIEW outbound.reply_links AS
SELECT p.workspace_id, p.channel_id, p.wamid, p.campaign_id, c.name AS campaign_name, p.recipient_id, p.rule, p.late, p.opt_out
FROM outbound.replies p JOIN outbound.campaigns c ON c.channel_id = p.channel_id AND c.id = p.campaign_id;

-- Contract for Inbound: channels on which a customer's message may answer a campaign.
CREATE VIEW outbound.campaigning_channels AS
SELECT channel_id FROM outbound.campaigns WHERE launched_at IS NOT NULL GROUP BY channel_id;

-- What happens to a campaign is told to other systems, whatever moves it. Inbound owns the function that tells; it is not there before Inbound first started.
CREATE FUNCTION outbound.campaign_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    happened text := CASE
        WHEN NEW.launched_at IS NOT NULL AND OLD.launched_at IS NULL THEN 'started'
        WHEN NEW.state = 'sending' AND OLD.state IN ('waiting', 'paused', 'completed') THEN 'resumed'
        WHEN NEW.state = 'completed' THEN 'sent'
        ELSE NEW.state END;
BEGIN
    IF to_regprocedure('inbound.publish(uuid,uuid,text,jsonb,timestamptz)') IS NOT NULL THEN
        PERFORM inbound.publish(NEW.workspace_id, NEW.agent_id, 'campaign.' || happened, jsonb_build_object(
            'campaignId', NEW.id, 'name', NEW.name, 'state', NEW.state, 'reason', NEW.reason, 'detail', NEW.detail, 'replyMode', NEW.reply_mode,
            'templateId', NEW.template_id, 'recipients', NEW.recipients, 'startsAt', NEW.starts_at, 'waitUntil', NEW.wait_until), NEW.updated_at);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER tell_moved AFTER UPDATE OF state ON outbound.campaigns FOR EACH ROW WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION outbound.campaign_moved();
