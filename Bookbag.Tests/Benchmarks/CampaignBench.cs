extern alias outbound;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A campaign against the sandbox, from launch to the last status: messages a second that Graph took, and how far the funnel was behind.</summary>
public static class CampaignBench
{
    private const string PhoneNumberId = "100000000000555";

    /// <param name="args">How many recipients; 20,000 when left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var count = args is [var recipients] ? int.Parse(recipients, CultureInfo.InvariantCulture) : 20_000;
        await using var product = await Product.StartAsync(CampaignBenchParts.AtFullSpeed);
        await using var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            MessagesPerSecond = 100_000,
            Tier = "TIER_UNLIMITED",
            PairLimit = false,
        });
        meta.Control.SetFaults(new FaultSettings { BatchUpTo = 20 });
        var (path, first) = await CampaignBenchParts.PrepareAsync(product, meta, PhoneNumberId, count);

        // A process that runs for days is measured, not one whose code is still being compiled.
        await RunAsync(product, meta, path, first, count);
        var campaign = await CampaignBenchParts.DraftAsync(product, path);
        var use = ProcessorUse.From(product);
        var run = await RunAsync(product, meta, path, campaign, count);

        var cost = new Table([.. ProcessorUse.Columns, "a message"]);
        cost.Row([.. use.Per(count), "in all"]);
        var table = new Table("recipients", "messages/s", "to the last message s", "to the last status s", "funnel at most behind s", "accepted", "sent twice", "read");
        table.Row(count, count / run.Sent.TotalSeconds, run.Sent.TotalSeconds, run.Over.TotalSeconds, run.Lag.TotalSeconds, run.Accepted, meta.Control.Stats().Duplicates, run.Read);
        Console.WriteLine(table);
        Console.WriteLine(cost);
    }

    /// <summary>One campaign from its launch to the last status.</summary>
    private static async Task<(TimeSpan Sent, TimeSpan Over, TimeSpan Lag, int Read, long Accepted)> RunAsync(Product product, SandboxHost meta, string path, Guid campaign, int count)
    {
        var clock = TimeProvider.System;
        var (started, before) = (clock.GetTimestamp(), meta.Control.Stats().Accepted);
        await product.PostAsync($"{path}/{campaign}/launch", new { });
        var (lag, sent, read) = (TimeSpan.Zero, TimeSpan.Zero, 0);
        do
        {
            await Task.Delay(TimeSpan.FromMilliseconds(500), clock);
            read = (await product.Edge.GetFromJsonAsync<JsonElement>($"{path}/{campaign}/funnel")).GetProperty("read").GetInt32();
            var behind = await product.Database.ScalarAsync<TimeSpan>("""
                SELECT coalesce(now() - least((SELECT min(received_at) FROM inbound.webhook_stretches), (SELECT min(received_at) FROM delivery.events)), interval '0')
                """);
            lag = behind > lag ? behind : lag;
            if (sent == TimeSpan.Zero && meta.Control.Stats().Accepted - before >= count)
                sent = clock.GetElapsedTime(started);
        }
        while (read < count && clock.GetElapsedTime(started) < TimeSpan.FromMinutes(10));

        return (sent, clock.GetElapsedTime(started), lag, read, meta.Control.Stats().Accepted - before);
    }
}

/// <summary>The audience of a campaign, frozen: from the launch to the last recipient, and how long the launch itself takes to answer.</summary>
public static class AudienceBench
{
    private const string PhoneNumberId = "100000000000556";

    /// <param name="args">How many contacts; 1,000,000 when left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var count = args is [var contacts] ? int.Parse(contacts, CultureInfo.InvariantCulture) : 1_000_000;
        await using var product = await Product.StartAsync(builder =>
        {
            CampaignBenchParts.AtFullSpeed(builder);
            builder.Set("outbound", "Sending__StandardPerSecond", "1");
        });
        await using var meta = await SandboxHost.StartAsync(new SandboxOptions());
        var (agent, campaign) = await CampaignBenchParts.PrepareAsync(product, meta, PhoneNumberId, count);
        var clock = TimeProvider.System;
        var (started, use) = (clock.GetTimestamp(), ProcessorUse.From(product));
        await product.PostAsync($"{agent}/{campaign}/launch", new { });
        var answered = clock.GetElapsedTime(started);
        while (await product.Database.ScalarAsync<bool>("SELECT prepared_at IS NULL FROM outbound.campaigns"))
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock);
        var frozen = clock.GetElapsedTime(started);
        var cost = new Table([.. ProcessorUse.Columns, "a recipient"]);
        cost.Row([.. use.Per(count), "frozen"]);
        var recipients = await product.Database.ScalarAsync<long>("SELECT count(*) FROM outbound.recipients");
        started = clock.GetTimestamp();
        await product.Edge.GetFromJsonAsync<JsonElement>($"{agent}/{campaign}/funnel");
        var table = new Table("contacts", "launch answered s", "frozen s", "recipients/s", "recipients", "funnel read s");
        table.Row(count, answered.TotalSeconds, frozen.TotalSeconds, recipients / frozen.TotalSeconds, recipients, clock.GetElapsedTime(started).TotalSeconds);
        Console.WriteLine(table);
        Console.WriteLine(cost);
    }
}

internal static class CampaignBenchParts
{
    /// <summary>Takes what is a setting, and no work, out of the way: the pace; and comparing templates with Meta's, who never saw the one that is sent.</summary>
    public static void AtFullSpeed(IDistributedApplicationTestingBuilder builder)
    {
        builder.Set("outbound", "Sending__StandardPerSecond", "5000");
        builder.Set("outbound", "Templates__Sync", "false");
    }

    /// <summary>An agent on a sandbox number, an approved template, contacts (with ids in the order of their making, as the product gives them), and a drafted campaign to all of them. Returns the path of the agent's campaigns and the campaign's id.</summary>
    /// <param name="product">The product.</param>
    /// <param name="meta">The sandbox, which knows a template <c>bench</c> afterwards where it did not.</param>
    /// <param name="phoneNumberId">The number to connect.</param>
    /// <param name="contacts">How many contacts.</param>
    /// <param name="from">How many phone numbers are left out before the first one.</param>
    /// <param name="category">The template's.</param>
    /// <param name="replyMode">Who answers replies.</param>
    public static async Task<(string Path, Guid Campaign)> PrepareAsync(
        Product product, SandboxHost meta, string phoneNumberId, int contacts, int from = 0, string category = "UTILITY", string replyMode = "ai")
    {
        var agent = await product.ConnectAgentAsync(phoneNumberId, meta.SendUrl(phoneNumberId).ToString());
        var template = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        meta.Control.Learn(new SandboxTemplate { Name = "bench", Language = "en_US", Category = category.ToLowerInvariant(), BodyParameters = new SandboxTemplate.Parameters { Positional = 1 } });
        await product.Database.ExecuteAsync($$$"""
            INSERT INTO outbound.templates (workspace_id, agent_id, id, channel_id, meta_id, name, language, category, status, status_at, parameter_format, components, created_at, updated_at)
            SELECT workspace_id, agent_id, '{{{template}}}', id, '1', 'bench', 'en_US', '{{{category}}}', 'APPROVED', now(), 'positional',
                '[{"type":"BODY","text":"Hello {{1}}, your order is on its way."}]', now(), now()
            FROM platform.channels WHERE agent_id = '{{{agent.AgentId}}}';
            INSERT INTO outbound.contacts (workspace_id, agent_id, id, phone, name, created_at, updated_at)
            SELECT workspace_id, agent_id, ('0190' || lpad(to_hex(i), 8, '0') || '7' || right(md5(i::text), 19))::uuid, (4915000000000 + i)::text, 'Ann ' || i, now(), now()
            FROM platform.channels, generate_series({{{from + 1}}}, {{{from + contacts}}}) i WHERE agent_id = '{{{agent.AgentId}}}';
            ANALYZE outbound.contacts
            """);
        var path = $"/api/agents/{agent.AgentId}/outbound/campaigns";
        return (path, await DraftAsync(product, path, replyMode));
    }

    /// <summary>One more campaign to all contacts of the agent that <see cref="PrepareAsync"/> made; nothing but Meta stops it.</summary>
    public static async Task<Guid> DraftAsync(Product product, string path, string replyMode = "ai")
    {
        var agent = Guid.Parse(path.Split('/')[3]);
        var template = await product.Database.ScalarAsync<Guid>($"SELECT id FROM outbound.templates WHERE agent_id = '{agent}'");
        var campaign = await product.PostAsync(path, new
        {
            name = "Bench",
            replyMode,
            templateId = template,
            variables = new Dictionary<string, object> { ["1"] = new { field = "first_name", fallback = "there" } },
            guard = new { stopAtFailures = 1, stopAtOptOuts = 1 },
        });
        return campaign.GetProperty("id").GetGuid();
    }
}
