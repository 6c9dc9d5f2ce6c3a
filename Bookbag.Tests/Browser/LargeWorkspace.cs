using Bookbag.Tests.Support;
using Npgsql;

namespace Bookbag.Tests.Browser;

/// <summary>What an agent has gathered after years of work: the lists that its pages are opened over.</summary>
/// <param name="Contacts">A tenth of them opted out.</param>
/// <param name="Conversations">With four messages each; one in ten is a person's, with a ticket, and half as many have a ticket that is done.</param>
/// <param name="Campaigns">All over; the latest went to every contact, each of the others to a thousandth.</param>
internal sealed record LargeWorkspace(int Contacts, int Conversations, int Campaigns)
{
    private const int Gaps = 1_000, Webhooks = 100_000;

    /// <summary>Writes it, by a few statements, for an agent with a number.</summary>
    public async Task SeedAsync(NpgsqlDataSource database, Guid agentId)
    {
        foreach (var sql in (string[])[ContactsSql, ConversationsSql, CampaignsSql, LogsSql, "ANALYZE"])
        {
            await using var command = database.CreateCommand(sql);
            command.CommandTimeout = 0;
            command.Parameters.AddWithValue("agent", agentId);
            command.Parameters.AddWithValue("contacts", Contacts);
            command.Parameters.AddWithValue("conversations", Conversations);
            command.Parameters.AddWithValue("campaigns", Campaigns);
            command.Parameters.AddWithValue("gaps", Gaps);
            command.Parameters.AddWithValue("webhooks", Math.Min(Webhooks, Conversations));
            await command.ExecuteNonQueryAsync();
        }
    }

    /// <summary>Looks at every page of the agent's: the latest conversation and the largest campaign among them.</summary>
    public static async Task<IReadOnlyList<PageVisit>> VisitAsync(BrowserWorld world, Visit visit, Guid agentId)
    {
        var database = world.Product.Database;
        var conversation = await database.ScalarAsync<Guid>($"SELECT id FROM inbound.conversations WHERE agent_id = '{agentId}' ORDER BY last_message_at DESC LIMIT 1");
        var campaign = await database.ScalarAsync<Guid>($"SELECT id FROM outbound.campaigns WHERE agent_id = '{agentId}' ORDER BY recipients DESC LIMIT 1");
        return await PageVisit.AllAsync(visit, world.Address, agentId, conversation, campaign);
    }

    private const string ContactsSql = """
        INSERT INTO outbound.contacts (workspace_id, agent_id, id, phone, name, email, tags, attributes, created_at, updated_at)
        SELECT workspace_id, agent_id, gen_random_uuid(), (4800000000000 + n)::text, 'Customer ' || n, 'customer.' || n || '@example.com',
            CASE WHEN n % 5 = 0 THEN ARRAY['vip'] ELSE '{}' END, jsonb_build_object('town', (ARRAY['Graz', 'Linz', 'Wien'])[1 + n % 3]), now() - n * interval '1 minute', now()
        FROM platform.channels, generate_series(1, @contacts) AS n WHERE agent_id = @agent;
        INSERT INTO outbound.contact_attributes (workspace_id, agent_id, name, type, declared, created_at)
        SELECT workspace_id, agent_id, 'town', 'text', false, now() FROM platform.channels WHERE agent_id = @agent;
        INSERT INTO outbound.suppressions (workspace_id, address, list, agent_id, at, source)
        SELECT workspace_id, 'p:' || phone, 'own', agent_id, now(), 'stop_word' FROM outbound.contacts WHERE agent_id = @agent AND right(phone, 1) = '7'
        ON CONFLICT DO NOTHING
        """;

    private const string ConversationsSql = """
        INSERT INTO inbound.conversations (workspace_id, agent_id, channel_id, id, customer_phone, customer_name, mode, escalated_at, last_inbound_at, last_message_at, last_message_text, created_at)
        SELECT c.workspace_id, c.agent_id, c.id, gen_random_uuid(), (4800000000000 + n)::text, 'Customer ' || n,
            CASE WHEN n % 10 = 0 THEN 'human' ELSE 'ai' END, CASE WHEN n % 10 = 0 THEN now() END, at, at, 'Thank you!', at
        FROM platform.channels c, generate_series(1, @conversations) AS n, LATERAL (SELECT now() - n * interval '5 minutes' AS at) AS t WHERE c.agent_id = @agent;
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, status, status_rank)
        SELECT c.workspace_id, c.channel_id, c.id, gen_random_uuid(), c.last_message_at - n * interval '1 minute',
            CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END, CASE WHEN n % 2 = 0 THEN 'customer' ELSE 'ai' END, 'text', 'Thank you!', 'wamid.seed.' || c.id || n,
            CASE WHEN n % 2 = 0 THEN 'received' ELSE 'read' END, CASE WHEN n % 2 = 0 THEN 9 ELSE 3 END
        FROM inbound.conversations c, generate_series(0, 3) AS n WHERE c.agent_id = @agent;
        INSERT INTO inbound.tickets (workspace_id, agent_id, channel_id, conversation_id, id, status, cause, reason, subject, search, opened_at, updated_at, closed_at)
        SELECT workspace_id, agent_id, channel_id, id, gen_random_uuid(), CASE mode WHEN 'human' THEN 'on_you' ELSE 'closed' END, 'customer', 'The customer asked for a person.', 'A question',
            'a question ' || lower(customer_name) || ' ' || customer_phone, last_message_at, last_message_at, CASE mode WHEN 'ai' THEN last_message_at END
        FROM inbound.conversations WHERE agent_id = @agent AND (mode = 'human' OR right(customer_phone, 2)::int % 20 = 5)
        """;

    private const string CampaignsSql = """
        INSERT INTO outbound.templates (workspace_id, agent_id, id, channel_id, meta_id, name, language, category, status, status_at, parameter_format, components, created_at, updated_at)
        SELECT workspace_id, agent_id, gen_random_uuid(), id, NULL, 'news_' || n, 'en', 'MARKETING', 'DRAFT', now(), 'positional',
            '[{"type":"BODY","text":"Hello {{1}}, there is news.","example":{"body_text":[["Ada"]]}},{"type":"FOOTER","text":"Reply STOP to unsubscribe"}]', now(), now()
        FROM platform.channels, generate_series(1, 100) AS n WHERE agent_id = @agent;
        INSERT INTO outbound.campaigns (workspace_id, channel_id, agent_id, id, name, reply_mode, template_id, variables, audience, guard, state, category,
            launched_at, prepared_at, completed_at, recipients, released, created_at, updated_at)
        SELECT c.workspace_id, c.id, c.agent_id, gen_random_uuid(), 'News ' || n, 'ai', (SELECT id FROM outbound.templates t WHERE t.agent_id = @agent LIMIT 1), '{"1":{"field":"first_name","fallback":"there"}}', '{}', '{}',
            'completed', 'MARKETING', at, at, at + interval '1 hour', size, size, at, at
        FROM platform.channels c, generate_series(1, @campaigns) AS n,
            LATERAL (SELECT now() - (2 * n - 1) * interval '1 day' AS at, CASE n WHEN 1 THEN @contacts ELSE @contacts / 1000 END AS size) AS t WHERE c.agent_id = @agent;
        INSERT INTO outbound.recipients (workspace_id, channel_id, campaign_id, id, position, contact_id, customer, parameters, state, sent_at, delivered_at, read_at, ended_at, reason, wamid)
        SELECT c.workspace_id, c.channel_id, c.id, (left(c.id::text, 24) || lpad(to_hex(p.position), 12, '0'))::uuid, p.position, p.id, 'p:' || p.phone, '{"1":"Ada"}',
            CASE WHEN p.position % 50 = 0 THEN 'failed' ELSE 'sent' END, c.launched_at, CASE WHEN p.position % 50 > 0 THEN c.launched_at END, CASE WHEN p.position % 50 > 9 THEN c.launched_at END,
            CASE WHEN p.position % 50 = 0 THEN c.completed_at END, CASE WHEN p.position % 50 = 0 THEN 'undeliverable' END, 'wamid.campaign.' || c.id || p.position
        FROM outbound.campaigns c JOIN (SELECT id, phone, row_number() OVER (ORDER BY phone)::int AS position FROM outbound.contacts WHERE agent_id = @agent) p ON p.position <= c.recipients
        WHERE c.agent_id = @agent
        """;

    private const string LogsSql = """
        INSERT INTO inbound.gaps (workspace_id, agent_id, id, question, words, questions, first_at, last_at, status)
        SELECT workspace_id, agent_id, gen_random_uuid(), 'What about ' || n || '?', ARRAY['about'], n, now() - interval '1 day', now(), 'open'
        FROM platform.channels, generate_series(1, @gaps) AS n WHERE agent_id = @agent;
        INSERT INTO inbound.webhook_log (id, received_at, deliveries, channel_ids, channels_from, channels_to, signatures, headers, traceparents, bodies)
        SELECT nextval('inbound.webhook_delivery_ids') << 10, now() - (@webhooks - n) * interval '10 seconds', 1, ARRAY[id], '{1}', '{1}', '{sha256=}', ARRAY['{}'], '{NULL}',
            ARRAY[convert_to('{"object":"whatsapp_business_account"}', 'UTF8')]
        FROM platform.channels, generate_series(1, @webhooks) AS n WHERE agent_id = @agent
        """;
}
