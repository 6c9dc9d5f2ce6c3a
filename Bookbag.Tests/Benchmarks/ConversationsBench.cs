using System.Globalization;
using System.Text.Json;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A team's day with 100,000 conversations in the database: the pages of its lists, turns beside them, and 200 customers who write three messages each.</summary>
public static class ConversationsBench
{
    private const double PerSecond = 50;
    private const int WarmUp = 1_500;
    private const int Writing = 200;
    private const int Pages = 200;
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(300);

    /// <param name="args">How many conversations there are; 100,000 when left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var conversations = args is [var number] ? int.Parse(number, CultureInfo.InvariantCulture) : 100_000;
        using var data = new DurableData();
        await using var product = await Product.StartAsync(builder => builder.SetDebounce(Quiet), data);
        await using var customers = await SimulatedCustomers.StartAsync(product);

        var turns = new Table("conversations in the database", "messages/s", "customers", "with one answer", "after the quiet period: p50 ms", "p95 ms");
        await customers.WriteAsync(from: 0, WarmUp, 2 * PerSecond, ConnectedAgent.Question);
        await BurstAsync(customers, from: WarmUp, 0, turns);
        await SeedAsync(product, customers.AgentId, conversations);
        await BurstAsync(customers, from: WarmUp + Writing, conversations, turns);
        Console.WriteLine(turns);
        Console.WriteLine();

        var pages = new Table("page of 50", "p50 ms", "p95 ms", "worst ms");
        foreach (var (name, path) in ((string, string)[])
        [
            ("all of the workspace", "/api/conversations?limit=50"), ("of an agent", $"/api/conversations?limit=50&agentId={customers.AgentId}"),
            ("that people have", "/api/conversations?limit=50&mode=human"), ("tickets", "/api/tickets?limit=50"),
        ])
        {
            await ReadAsync(product, path); // warm-up
            var took = await ReadAsync(product, path);
            pages.Row(name, HttpLoad.Percentile(took, 0.5), HttpLoad.Percentile(took, 0.95), took[^1]);
        }

        Console.WriteLine(pages);
    }

    private static async Task BurstAsync(SimulatedCustomers customers, int from, int conversations, Table table)
    {
        await customers.WriteAsync(from, Writing, PerSecond, "Hello", "I have a question", ConnectedAgent.Question);
        // What would come twice comes late.
        await Task.Delay(2 * Quiet, TimeProvider.System);
        double[] sorted = [.. customers.Latencies.Select(ms => ms - Quiet.TotalMilliseconds)];
        table.Row(conversations, PerSecond, Writing, customers.Answers.Count(a => a.Value == 1), HttpLoad.Percentile(sorted, 0.5), HttpLoad.Percentile(sorted, 0.95));
    }

    /// <summary>Conversations of the last year with four messages each; one in ten is a person's, with a ticket.</summary>
    private static async Task SeedAsync(Product product, Guid agentId, int conversations)
    {
        await product.Database.ExecuteAsync($"""
            INSERT INTO inbound.conversations (workspace_id, agent_id, channel_id, id, customer_phone, customer_name, mode, escalated_at, last_inbound_at, last_message_at, last_message_text, created_at)
            SELECT c.workspace_id, c.agent_id, c.id, gen_random_uuid(), (48000000000 + n)::text, 'Customer ' || n,
                CASE WHEN n % 10 = 0 THEN 'human' ELSE 'ai' END, CASE WHEN n % 10 = 0 THEN now() END, at, at, 'Thank you!', at
            FROM platform.channels c, generate_series(1, {conversations}) AS n, LATERAL (SELECT now() - n * interval '5 minutes' AS at) AS t
            WHERE c.agent_id = '{agentId}';
            INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, status, status_rank)
            SELECT c.workspace_id, c.channel_id, c.id, gen_random_uuid(), c.last_message_at - n * interval '1 minute',
                CASE WHEN n % 2 = 0 THEN 'in' ELSE 'out' END, CASE WHEN n % 2 = 0 THEN 'customer' ELSE 'ai' END, 'text', 'Thank you!', 'wamid.seed.' || c.id || n,
                CASE WHEN n % 2 = 0 THEN 'received' ELSE 'read' END, CASE WHEN n % 2 = 0 THEN 9 ELSE 3 END
            FROM inbound.conversations c, generate_series(0, 3) AS n WHERE c.customer_phone LIKE '48%';
            INSERT INTO inbound.tickets (workspace_id, agent_id, channel_id, conversation_id, id, status, cause, reason, subject, search, opened_at, updated_at)
            SELECT workspace_id, agent_id, channel_id, id, gen_random_uuid(), 'new', 'customer', 'The customer asked for a person.', 'A question', 'a question', last_message_at, last_message_at
            FROM inbound.conversations WHERE customer_phone LIKE '48%' AND mode = 'human';
            ANALYZE inbound.conversations; ANALYZE inbound.messages; ANALYZE inbound.tickets;
            """);
    }

    /// <summary>Goes through a list page by page, again from its beginning at its end; how long each page took, sorted.</summary>
    private static async Task<double[]> ReadAsync(Product product, string path)
    {
        var took = new List<double>(Pages);
        string? next = null;
        for (var page = 0; page < Pages; page++)
        {
            var started = TimeProvider.System.GetTimestamp();
            using var response = await product.Edge.GetAsync(next is null ? path : $"{path}&cursor={Uri.EscapeDataString(next)}");
            var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
            took.Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            next = body.GetProperty("next").GetString();
        }

        return [.. took.Order()];
    }
}
