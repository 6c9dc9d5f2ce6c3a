-- What templates were before they were changed, each until when: a thread shows what was sent. Written by whatever changes them, once a change and not once a message.
CREATE TABLE outbound.template_versions (
    workspace_id     uuid        NOT NULL,
    agent_id         uuid        NOT NULL,
    template_id      uuid        NOT NULL,
    until            timestamptz NOT NULL,
    name             text        NOT NULL,
    category         text        NOT NULL,
    parameter_format text        NOT NULL,
    components       jsonb       NOT NULL,
    PRIMARY KEY (workspace_id, agent_id, template_id, until)
);

CREATE FUNCTION outbound.keep_template_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Two changes of one moment are one: what was before them is what was sent before them.
    INSERT INTO outbound.template_versions (workspace_id, agent_id, template_id, until, name, category, parameter_format, components)
    VALUES (OLD.workspace_id, OLD.agent_id, OLD.id, NEW.updated_at, OLD.name, OLD.category, OLD.parameter_format, OLD.components)
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER keep_version AFTER UPDATE ON outbound.templates FOR EACH ROW
    WHEN (OLD.components <> NEW.components OR OLD.parameter_format <> NEW.parameter_format OR OLD.name <> NEW.name)
    EXECUTE FUNCTION outbound.keep_template_version();

-- Contract for Inbound, as before, with each template as it was when it was sent.
CREATE OR REPLACE VIEW outbound.template_messages AS
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
JOIN outbound.templates today ON today.workspace_id = r.workspace_id AND today.agent_id = coalesce(c.agent_id, s.agent_id) AND today.id = coalesce(c.template_id, s.template_id)
LEFT JOIN LATERAL (
    SELECT v.name, v.category, v.parameter_format, v.components FROM outbound.template_versions v
    WHERE v.workspace_id = today.workspace_id AND v.agent_id = today.agent_id AND v.template_id = today.id AND v.until > least(r.sent_at, r.begun_at)
    ORDER BY v.until LIMIT 1) before ON true
CROSS JOIN LATERAL (
    SELECT coalesce(before.name, today.name) AS name, coalesce(before.category, today.category) AS category, today.language,
           coalesce(before.parameter_format, today.parameter_format) AS parameter_format, coalesce(before.components, today.components) AS components) t
WHERE r.campaign_id IS NULL OR r.sent_at IS NOT NULL OR r.state IN ('sending', 'unresolved') OR r.reason = 'outcome_unknown';
