using System.Text;
using Bookbag.Inbound;
using Bookbag.Inbound.Media;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>The parts of a replica that take in and apply webhooks, not started: tests run each round themselves.</summary>
internal sealed class IntakeParts
{
    public static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private readonly IHost _host;

    public IntakeParts(TestDatabase database, int batchSize = 500, Dictionary<string, string?>? settings = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new() { EnvironmentName = Environments.Development });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["ConnectionStrings:bookbag"] = database.ConnectionString, ["Deliveries:BatchSize"] = $"{batchSize}" });
        builder.Configuration.AddInMemoryCollection(settings ?? []);
        builder.Services.AddSingleton<TimeProvider>(Clock);
        builder.Services.AddMetrics();
        builder.AddChannelDirectory();
        builder.AddSchema<InboundDb>(InboundDb.Schema);
        builder.AddWebhooks();
        builder.AddMedia();
        builder.Services.AddSingleton<MediaReader>();
        _host = builder.Build();
    }

    public FakeTimeProvider Clock { get; } = new(Noon);

    public IServiceProvider Services => _host.Services;

    public NpgsqlDataSource Database => Services.GetRequiredService<NpgsqlDataSource>();

    public DeliveryProcessor Processor => Services.GetRequiredService<DeliveryProcessor>();

    /// <summary>Connects a number of a workspace of its own.</summary>
    public async Task<TestChannel> ConnectAsync(string phoneNumberId, string appSecret = "app-secret-0001", string? businessAccountId = null)
    {
        await using var scope = Services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        var secrets = scope.ServiceProvider.GetRequiredService<SecretProtector>();
        var workspace = Workspace.Named("Shop", Clock.GetUtcNow());
        var agent = Agent.Create(workspace.Id, "Agent", Clock.GetUtcNow());
        var channel = Channel.For(agent, Clock.GetUtcNow());
        channel.Connect(new(phoneNumberId, $"https://graph.facebook.com/v25.0/{phoneNumberId}/messages", businessAccountId,
            secrets.Protect("token"), "oken", secrets.Protect(appSecret), appSecret[^4..],
            secrets.Protect("verify"), SecretProtector.Hash("verify")), Clock.GetUtcNow());
        foreach (var row in new object[] { workspace, agent, channel })
        {
            db.Add(row);
            await db.SaveChangesAsync();
        }

        await Services.GetRequiredService<ChannelDirectory>().RefreshAsync(CancellationToken.None);
        return new(workspace.Id, agent.Id, channel.Id, phoneNumberId, appSecret);
    }

    /// <summary>Puts a POST into the log the way the door does: signature checked, then one statement.</summary>
    public async Task<bool> ArriveAsync(byte[] body, string appSecret)
    {
        var signature = WebhookSignature.Sign(body, Encoding.UTF8.GetBytes(appSecret));
        var answer = await Services.GetRequiredService<WebhookGate>().CheckAsync(body, signature, CancellationToken.None);
        if (answer.Verdict != GateVerdict.Accepted)
            return false;
        var log = new WebhookLog(Database);
        await log.StoreAsync([new(Clock.GetUtcNow(), answer.ChannelIds, signature, "{}", null, body)], CancellationToken.None);
        return true;
    }

    /// <summary>Applies until the queue has nothing due.</summary>
    public async Task ApplyAllAsync()
    {
        while (await Processor.RunOnceAsync(CancellationToken.None) > 0)
        {
        }
    }

    public Task StopAsync()
    {
        _host.Dispose();
        return Task.CompletedTask;
    }
}

/// <summary>A connected number.</summary>
internal sealed record TestChannel(Guid WorkspaceId, Guid AgentId, Guid Id, string PhoneNumberId, string AppSecret);
