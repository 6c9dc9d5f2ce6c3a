using Bookbag.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>A number of its own for every test, and the questions that tests ask of its rows.</summary>
public abstract class ProcessorTestBase(TestDatabase database) : IAsyncLifetime
{
    private protected static readonly DateTimeOffset Noon = IntakeParts.Noon;
    private static int _numbers;

    private protected TestDatabase Database => database;

    private protected IntakeParts Parts { get; private set; } = null!; // set by InitializeAsync, which xunit awaits before any test

    private protected TestChannel Channel { get; private set; } = null!; // the same

    public async Task InitializeAsync()
    {
        Parts = new IntakeParts(database);
        Channel = await Parts.ConnectAsync(NextNumber());
    }

    public Task DisposeAsync() => Parts.StopAsync();

    private protected static string NextNumber() => $"1{Interlocked.Increment(ref _numbers):D14}";

    private protected async Task ArriveAsync(params byte[][] bodies)
    {
        foreach (var body in bodies)
            Assert.True(await Parts.ArriveAsync(body, Channel.AppSecret));
    }

    /// <summary>They come at once, and one commit writes them all.</summary>
    private protected Task ArriveTogetherAsync(byte[][] bodies) => Parts.Services.GetRequiredService<WebhookLog>().StoreAsync(
        [.. bodies.Select(body => new WebhookArrival(Noon, [Channel.Id], "sha256=0", "{}", null, body))], CancellationToken.None);

    private protected async Task ApplyAsync(params byte[][] bodies)
    {
        await ArriveAsync(bodies);
        await Parts.ApplyAllAsync();
    }

    /// <summary>One text about a message: its columns with commas between.</summary>
    private protected Task<string?> MessageAsync(string columns, string wamid) =>
        Parts.Database.ScalarAsync<string>($"SELECT concat_ws(',', {columns}) FROM inbound.messages WHERE channel_id = '{Channel.Id}' AND wamid = '{wamid}'");

    /// <summary>One text about a conversation: its columns with commas between.</summary>
    private protected Task<string?> ConversationAsync(string columns, string where = "true") =>
        Parts.Database.ScalarAsync<string>($"SELECT concat_ws(',', {columns}) FROM inbound.conversations WHERE channel_id = '{Channel.Id}' AND {where}");

    private protected async Task<DateTimeOffset?> TimeAsync(string column, string where = "true") =>
        await Parts.Database.ScalarAsync<DateTime?>($"SELECT {column} FROM inbound.conversations WHERE channel_id = '{Channel.Id}' AND {where}") is { } at
            ? new DateTimeOffset(at) : null;

    private protected Task<long> CountAsync(string table, string where = "true") =>
        Parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.{table} WHERE channel_id = '{Channel.Id}' AND {where}");

    private protected Task<long> QueuedAsync() => Parts.Database.ScalarAsync<long>(
        $"SELECT count(*) FROM inbound.webhook_stretches q JOIN inbound.webhook_deliveries d ON d.id >= q.delivery_id AND d.id < q.delivery_id + q.deliveries WHERE '{Channel.Id}' = ANY (d.channel_ids)");

    private protected Task<string?> RejectedAsync() => Parts.Database.ScalarAsync<string>(
        $"SELECT string_agg(code || ' ' || path, '; ' ORDER BY path) FROM inbound.webhook_rejections WHERE channel_id = '{Channel.Id}'");

    /// <summary>A reply of ours to a customer, as the turn worker commits it.</summary>
    private protected async Task<Guid> ReplyAsync(string customer, string status = "sending", string? wamid = null)
    {
        var id = Guid.CreateVersion7(Noon);
        var rank = status switch { "sending" => 0, "sent" => 1, _ => 9 };
        await Parts.Database.ExecuteAsync($"""
            INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, status, status_rank, send_due_at, failed_at)
            SELECT workspace_id, channel_id, id, '{id}', '{Noon:O}', 'out', 'ai', 'text', 'Reply', {Literal(wamid)}, '{status}', {rank}, '{Noon.AddSeconds(20):O}',
                   CASE '{status}' WHEN 'failed' THEN timestamptz '{Noon:O}' END
            FROM inbound.conversations WHERE channel_id = '{Channel.Id}' AND customer_phone = '{customer}'
            """);
        if (wamid is not null)
        {
            await Parts.Database.ExecuteAsync($"""
                INSERT INTO inbound.wamids (channel_id, wamid, conversation_id, message_id, at)
                SELECT channel_id, '{wamid}', conversation_id, id, at FROM inbound.messages WHERE id = '{id}'
                """);
        }

        return id;
    }

    private static string Literal(string? text) => text is null ? "NULL" : $"'{text}'";
}
