using Bookbag.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>A long log costs no more to take from, to look into and to search than a short one.</summary>
public sealed class WebhookLogPlanTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);
    private static readonly Guid Shop = Guid.CreateVersion7(Noon);

    public static TheoryData<string, string> Statements => new()
    {
        { nameof(WebhookLogSql.Claim), WebhookLogSql.Claim },
        { nameof(WebhookLogSql.Find), WebhookLogSql.Find },
        { nameof(WebhookLogSql.Search), WebhookLogSql.Search },
        { nameof(WebhookLogSql.StepReplay), WebhookLogSql.StepReplay },
    };

    public Task InitializeAsync() => database.DataSource.ExecuteAsync($"""
        CREATE TABLE IF NOT EXISTS inbound.webhook_log_20261119 PARTITION OF inbound.webhook_log FOR VALUES FROM ('2026-11-19 00:00:00+00') TO ('2026-11-20 00:00:00+00');
        CREATE TABLE IF NOT EXISTS inbound.webhook_log_20261120 PARTITION OF inbound.webhook_log FOR VALUES FROM ('2026-11-20 00:00:00+00') TO ('2026-11-21 00:00:00+00');
        INSERT INTO inbound.webhook_log (id, received_at, deliveries, channel_ids, channels_from, channels_to, signatures, headers, traceparents, bodies)
        SELECT n << 10, '{Noon:O}'::timestamptz - (40000 - n) * interval '2 seconds', 1, ARRAY['{Shop}'::uuid], ARRAY[1], ARRAY[1], ARRAY['sha256='], ARRAY['{"{}"}'], ARRAY[NULL], ARRAY[convert_to(repeat('x', 600), 'UTF8')]
        FROM generate_series(1, 40000) AS n ON CONFLICT DO NOTHING;
        INSERT INTO inbound.webhook_stretches (delivery_id, received_at, deliveries, due_at)
        SELECT id, received_at, 1, received_at FROM inbound.webhook_log WHERE id > 39000 << 10 ON CONFLICT DO NOTHING;
        INSERT INTO inbound.webhook_replays (workspace_id, id, channel_ids, from_at, to_at, rejected_only, asked_by, asked_at, due_at)
        VALUES ('{Shop}', '{Shop}', ARRAY['{Shop}'::uuid], '{Noon.AddDays(-1):O}', '{Noon:O}', false, 'Ann', '{Noon:O}', '{Noon:O}') ON CONFLICT DO NOTHING;
        ANALYZE inbound.webhook_log, inbound.webhook_stretches
        """);

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory]
    [MemberData(nameof(Statements))]
    public async Task It_reads_what_it_is_asked_for_and_no_more(string name, string statement)
    {
        await using var connection = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var explain = new NpgsqlCommand($"EXPLAIN (ANALYZE, TIMING OFF) {statement.Split("force_custom_plan;")[^1]}", connection);
        var empty = Array.Empty<byte[]>();
        foreach (var (parameter, value) in new (string, object)[]
        {
            ("now", Noon), ("batch", 100), ("stretches", 100), ("id", name == nameof(WebhookLogSql.StepReplay) ? Shop : 20_000L << 10),
            ("workspace", Shop), ("last", 10_000L << 10), ("rejected_only", false), ("channels", new[] { Shop }), ("from", Noon.AddDays(-1)), ("to", Noon), ("state", DBNull.Value), ("before", 30_000L << 10), ("limit", 50), ("most", 500), ("step", 200),
        })
            explain.Parameters.AddWithValue(parameter, value);
        explain.Parameters.AddWithValue("words", NpgsqlDbType.Array | NpgsqlDbType.Bytea, empty);
        explain.Parameters.AddWithValue("escaped", NpgsqlDbType.Array | NpgsqlDbType.Bytea, empty);
        explain.Parameters["state"].NpgsqlDbType = NpgsqlDbType.Text;
        var plan = new List<string>();
        await using (var row = await explain.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
                plan.Add(row.GetString(0));
        }

        var read = plan.Where(line => line.Contains("Scan", StringComparison.Ordinal)).Sum(line => Number(line, "actual rows=") * Number(line, "loops="))
            + plan.Sum(line => Number(line, "Rows Removed by Filter: "));
        Assert.True(read < 5_000, string.Join('\n', plan));
    }

    private static long Number(string line, string after)
    {
        var at = line.IndexOf(after, StringComparison.Ordinal);
        return at < 0 ? 0 : long.Parse(string.Concat(line[(at + after.Length)..].TakeWhile(char.IsAsciiDigit)), null);
    }
}
