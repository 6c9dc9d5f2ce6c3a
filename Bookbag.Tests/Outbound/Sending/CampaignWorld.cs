extern alias outbound;

using System.Text.Json;
using Bookbag.Outbound;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sending;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using StackExchange.Redis;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>A connected number, contacts, a template, a Graph that does as it is told, and workers of any number of replicas.</summary>
internal sealed class CampaignWorld : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);
    private static int _count;

    private readonly NpgsqlDataSource _database;
    private readonly List<ServiceProvider> _replicas = [];
    private readonly ConnectionMultiplexer _redis;
    private readonly int _id = Interlocked.Increment(ref _count);
    private long _events;

    private readonly HttpMessageHandler? _meta;

    private CampaignWorld(NpgsqlDataSource database, ConnectionMultiplexer redis, HttpMessageHandler? meta) => (_database, _redis, _meta) = (database, redis, meta);

    public FakeTimeProvider Clock { get; private init; } = new(Start);

    public GraphTemplates Graph { get; } = new();

    public SendingOptions Options { get; } = new() { SettleEvery = TimeSpan.Zero, StandardPerSecond = 4_000 };

    /// <summary>Whether the test is about failures: else an exception that is logged fails it.</summary>
    public bool SurvivesFailures { get; set; }

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid TemplateId { get; private set; }
    public string PhoneNumberId => $"1000{_id:00000000000}";
    public string Portfolio => $"9{Environment.ProcessId:0000000}{_id:0000}";

    /// <summary>A replica that is well.</summary>
    public ServiceProvider Replica { get; private set; } = null!; // set by CreateAsync

    /// <param name="database">Its database; emptied.</param>
    /// <param name="tier">The messaging limit.</param>
    /// <param name="category">The template's.</param>
    /// <param name="meta">What Graph calls go through; null for <see cref="Graph"/>.</param>
    /// <param name="sendUrl">Where Graph is, for a number's id; null where nobody looks.</param>
    /// <param name="clock">The clock, where it is shared with others.</param>
    public static async Task<CampaignWorld> CreateAsync(
        TestDatabase database, string tier = "TIER_10K", string category = "MARKETING", HttpMessageHandler? meta = null, Func<string, Uri>? sendUrl = null, FakeTimeProvider? clock = null)
    {
        var world = new CampaignWorld(database.DataSource, await ConnectionMultiplexer.ConnectAsync($"{await TestServers.RedisAsync()},allowAdmin=true"), meta) { Clock = clock ?? new FakeTimeProvider(Start) };
        await database.DataSource.ExecuteAsync("""
            TRUNCATE outbound.campaigns, outbound.recipients, outbound.single_sends, outbound.settings, outbound.openings, outbound.ledgers, outbound.parked_statuses, outbound.replies, outbound.contacts,
                outbound.suppressions, outbound.templates, outbound.template_versions, outbound.restrictions, delivery.events, inbound.conversations, inbound.conversation_addresses;
            DELETE FROM platform.channels
            """);
        world.Replica = world.NewReplica();
        await world.MakeAsync(tier, category, sendUrl ?? (number => new Uri($"http://localhost/v25.0/{number}/messages")));
        return world;
    }

    private async Task MakeAsync(string tier, string category, Func<string, Uri> sendUrl)
    {
        var secrets = Replica.GetRequiredService<SecretProtector>();
        await using var scope = Replica.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        var workspace = Workspace.Named("Shop", Start);
        var agent = Agent.Create(workspace.Id, "Agent", Start);
        var channel = Channel.For(agent, Start);
        channel.Connect(new ChannelConnection(PhoneNumberId, sendUrl(PhoneNumberId).ToString(), "200000000000001",
            secrets.Protect("sandbox-access-token"), "oken", secrets.Protect("secret"), "cret", secrets.Protect("verify"), SecretProtector.Hash("verify")), Start);
        channel.Describe("+1 555 0100", "Shop", "GREEN", tier, "STANDARD", Portfolio, Start);
        db.AddRange(workspace, agent, channel);
        await db.SaveChangesAsync();
        (WorkspaceId, AgentId, ChannelId, TemplateId) = (workspace.Id, agent.Id, channel.Id, Guid.CreateVersion7(Start));
        await _database.ExecuteAsync($$"""
            INSERT INTO outbound.templates (workspace_id, agent_id, id, channel_id, meta_id, name, language, category, status, status_at, parameter_format, components, created_at, updated_at)
            VALUES ('{{WorkspaceId}}', '{{AgentId}}', '{{TemplateId}}', '{{ChannelId}}', '1', 'spring_sale', 'en_US', '{{category}}', 'APPROVED', '{{Start:O}}', 'positional',
                '[{"type":"BODY","text":"Hello {{"{{1}}"}}, come by."}]', '{{Start:O}}', '{{Start:O}}')
            """);
    }

    /// <summary>A replica of its own; one with a clock of its own can die: what waits for that clock never wakes up.</summary>
    public ServiceProvider NewReplica(TimeProvider? clock = null, bool redis = true)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(new ErrorsFail(() => SurvivesFailures)).SetMinimumLevel(LogLevel.Warning));
        services.AddMetrics();
        services.AddSingleton(clock ?? Clock);
        services.AddSingleton(_database);
        services.AddSingleton<IConnectionMultiplexer>(redis ? _redis : ConnectionMultiplexer.Connect("127.0.0.1:1,abortConnect=false,connectTimeout=50,connectRetry=0"));
        services.AddSingleton<WakeUps>();
        services.AddSingleton<IDataProtectionProvider>(new PlainText());
        services.AddSingleton<SecretProtector>();
        services.AddSingleton<ChannelDirectory>();
        services.AddSingleton(Tenant.Everything);
        services.AddDbContext<PlatformDb>(options => options.UseSchema(_database, PlatformDb.Schema));
        services.AddDbContext<OutboundDb>(options => options.UseSchema(_database, OutboundDb.Schema));
        services.AddSingleton<IOptions<SendingOptions>>(Microsoft.Extensions.Options.Options.Create(Options));
        services.AddSingleton<IOptions<GraphOptions>>(Microsoft.Extensions.Options.Options.Create(new GraphOptions { AllowLocal = true }));
        services.AddSingleton(provider => new GraphClient(
            new HttpClient(_meta ?? Graph, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan }, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<GraphOptions>>()));
        services.AddSingleton<TierReader>();
        services.AddSingleton<Openings>();
        services.AddSingleton<Ledger>();
        services.AddSendingParts();
        var replica = services.BuildServiceProvider();
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>Contacts with numbers and names.</summary>
    public Task AddContactsAsync(int count, int from = 0) => _database.ExecuteAsync($"""
        INSERT INTO outbound.contacts (workspace_id, agent_id, id, phone, name, created_at, updated_at)
        SELECT '{WorkspaceId}', '{AgentId}', gen_random_uuid(), (15550000000 + i)::text, 'Ann ' || i, '{Start:O}', '{Start:O}' FROM generate_series({from + 1}, {from + count}) i
        """);

    /// <summary>A single send, as the API leaves it.</summary>
    public Task AddSingleSendAsync(string customer, DateTimeOffset notAfter)
    {
        var id = Guid.CreateVersion7(Clock.GetUtcNow());
        return _database.ExecuteAsync($$"""
            INSERT INTO outbound.single_sends (workspace_id, channel_id, agent_id, id, template_id, not_after, request_hash, created_at)
            VALUES ('{{WorkspaceId}}', '{{ChannelId}}', '{{AgentId}}', '{{id}}', '{{TemplateId}}', '{{notAfter:O}}', '', '{{Clock.GetUtcNow():O}}');
            INSERT INTO outbound.recipients (workspace_id, channel_id, id, position, customer, parameters, state, due_at)
            VALUES ('{{WorkspaceId}}', '{{ChannelId}}', '{{id}}', 0, '{{customer}}', '{"1":"Ann"}', 'pending', '{{Clock.GetUtcNow():O}}')
            """);
    }

    /// <summary>A campaign to everybody, launched.</summary>
    public async Task<Campaign> LaunchAsync(GuardRails? guard = null, VariableMapping? mapping = null, bool prepare = true)
    {
        var campaign = Campaign.Draft(WorkspaceId, ChannelId, AgentId, Clock.GetUtcNow());
        campaign.Describe("Spring", ReplyMode.Ai, TemplateId, new Dictionary<string, VariableMapping> { ["1"] = mapping ?? new VariableMapping(Field: "first_name", Fallback: "there") },
            JsonElement.Parse("""{"all":[]}"""), guard ?? new GuardRails(StopAtFailures: 1), Clock.GetUtcNow());
        await using var scope = Replica.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<OutboundDb>();
        db.Add(campaign);
        await db.SaveChangesAsync();
        var category = await _database.ScalarAsync<string>($"SELECT category FROM outbound.templates WHERE id = '{TemplateId}'");
        Assert.True(await Get<CampaignStates>().LaunchAsync(ChannelId, campaign.Id, category!, CampaignJson.Read<GuardRails>(campaign.Guard), default));
        while (prepare && await Get<AudienceSnapshot>().RunOnceAsync(default))
        {
        }

        return campaign;
    }

    public T Get<T>() where T : notnull => Replica.GetRequiredService<T>();

    /// <summary>Sends until nothing is due.</summary>
    public async Task<int> SendAllAsync(ServiceProvider? replica = null)
    {
        var total = 0;
        for (var idle = 0; idle < 3;)
        {
            var sent = await (replica ?? Replica).GetRequiredService<RecipientSender>().RunOnceAsync(default);
            idle = sent == 0 ? idle + 1 : 0;
            total += sent;
            Clock.Advance(TimeSpan.FromMilliseconds(300));
        }

        return total;
    }

    /// <summary>Everything that looks after campaigns looks once.</summary>
    public async Task LookAsync()
    {
        await Get<ClaimRescuer>().RunOnceAsync(default);
        await Get<DeliveryEventConsumer>().RunOnceAsync(default);
        await Get<CampaignWarden>().RunOnceAsync(default);
    }

    /// <summary>Meta's status of a message, as Inbound leaves it.</summary>
    public Task StatusAsync(string? callback, string status, int? code = null, string? wamid = null, TimeSpan? ago = null)
    {
        var errors = code is null ? "" : $$""","errors":[{"code":{{code}},"title":"no","message":"no"}]""";
        var at = Clock.GetUtcNow() - (ago ?? TimeSpan.Zero);
        return EventAsync("status", $$"""{"id":"{{wamid ?? "wamid.x"}}","status":"{{status}}"{{errors}}}""", callback, wamid ?? $"wamid.of.{callback}", at: at);
    }

    /// <summary>Meta's statuses as they come in one webhook, as Inbound leaves them.</summary>
    public async Task StatusesAsync(IReadOnlyList<JsonElement> statuses)
    {
        await using var command = _database.CreateCommand($"""
            INSERT INTO delivery.events (workspace_id, channel_id, agent_id, kind, at, received_at, wamid, callback, payload)
            SELECT '{WorkspaceId}', '{ChannelId}', '{AgentId}', 'status', to_timestamp((s ->> 'timestamp')::bigint), '{Clock.GetUtcNow():O}', s ->> 'id', s ->> 'biz_opaque_callback_data', s
            FROM unnest(@statuses) s
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]>("statuses", NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Jsonb) { TypedValue = [.. statuses.Select(s => s.GetRawText())] });
        await command.ExecuteNonQueryAsync();
    }

    public Task EventAsync(string kind, string payload, string? callback = null, string? wamid = null, string? customer = null, string? field = null, DateTimeOffset? at = null) => _database.ExecuteAsync($"""
        INSERT INTO delivery.events (workspace_id, channel_id, agent_id, kind, field, at, received_at, wamid, callback, customer, payload)
        VALUES ('{WorkspaceId}', '{ChannelId}', '{AgentId}', '{kind}', {Sql(field)}, '{at ?? Clock.GetUtcNow():O}', '{Clock.GetUtcNow().AddTicks(10 * Interlocked.Increment(ref _events)):O}',
            {Sql(wamid)}, {Sql(callback)}, {Sql(customer)}, '{payload}')
        """);

    /// <summary>A customer's message, as Inbound leaves it: under an address, <c>p:</c> or <c>u:</c>, of a conversation of its own.</summary>
    public async Task ReplyAsync(string address, string wamid, string? quoted = null, Guid? token = null, bool optOut = false, DateTimeOffset? at = null)
    {
        await _database.ExecuteAsync($"INSERT INTO inbound.conversation_addresses (channel_id, address, conversation_id) VALUES ('{ChannelId}', '{address}', md5('{address}')::uuid) ON CONFLICT DO NOTHING");
        var conversation = await _database.ScalarAsync<Guid>($"SELECT md5('{address}')::uuid");
        var message = await _database.ScalarAsync<Guid>($"SELECT md5('{wamid}')::uuid");
        await EventAsync("reply", JsonSerializer.Serialize(new { conversationId = conversation, messageId = message, quoted, token, optOut }), wamid: wamid, at: at);
    }

    public async Task<Funnel> FunnelAsync(Campaign campaign)
    {
        var funnel = await Funnel.ReadAsync(_database, await CampaignAsync(campaign), default);
        Assert.Equal(funnel.Audience,
            funnel.Pending + funnel.Sending + funnel.Sent + funnel.Delivered + funnel.Read + funnel.Replied + funnel.Skipped + funnel.Limited + funnel.Failed + funnel.Unresolved);
        return funnel;
    }

    /// <summary>As if nothing had been sent yet; contacts stay.</summary>
    public async Task ForgetCampaignsAsync()
    {
        await _database.ExecuteAsync("""
            TRUNCATE outbound.campaigns, outbound.recipients, outbound.openings, outbound.ledgers, outbound.suppressions, delivery.events;
            UPDATE platform.channels SET problem = NULL
            """);
        // Whoever was written to a moment ago may be again, and a pace that was slowed down has recovered.
        Clock.Advance(TimeSpan.FromMinutes(3));
    }

    /// <summary>What is shown of the only recipient's trouble.</summary>
    public async Task<RecipientReasonResponse> ReasonAsync(Campaign campaign)
    {
        await using var command = _database.CreateCommand($"SELECT reason, error_code, detail FROM outbound.recipients WHERE campaign_id = '{campaign.Id}'");
        await using var row = await command.ExecuteReaderAsync();
        Assert.True(await row.ReadAsync());
        int? code = row.IsDBNull(1) ? null : row.GetInt32(1);
        return new RecipientReasonResponse(RecipientReasons.Code(row.GetString(0), code), RecipientReasons.Words(row.GetString(0), code, row.IsDBNull(2) ? null : row.GetString(2)));
    }

    public async Task<Campaign> CampaignAsync(Campaign campaign)
    {
        await using var scope = Replica.CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<OutboundDb>().Set<Campaign>().AsNoTracking().SingleAsync(c => c.Id == campaign.Id);
    }

    /// <summary>What the checking query finds: nothing, ever.</summary>
    public async Task<long> ContradictionsAsync() => await _database.ScalarAsync<long>($"SELECT count(*) FROM ({FunnelSql.Contradictions}) found");

    public Task<T?> ScalarAsync<T>(string sql) => _database.ScalarAsync<T>(sql);

    public Task<int> ExecuteAsync(string sql) => _database.ExecuteAsync(sql);

    public async Task FlushRedisAsync()
    {
        foreach (var endpoint in _redis.GetEndPoints())
            await _redis.GetServer(endpoint).FlushAllDatabasesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        await _redis.DisposeAsync();
        Graph.Dispose();
    }

    private static string Sql(string? text) => text is null ? "NULL" : $"'{text}'";
}
