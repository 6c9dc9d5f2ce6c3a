using System.Text;
using Bookbag.Inbound;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Migrations.Operations;
using Npgsql;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>A database of the version whose log had a row for each webhook, with some that wait, is taken over as it is.</summary>
public sealed class WebhookLogUpgradeTests(EmptyDatabase database) : IClassFixture<EmptyDatabase>
{
    private static readonly Guid One = Guid.Parse("11111111-1111-1111-1111-111111111111");
    private static readonly Guid Two = Guid.Parse("22222222-2222-2222-2222-222222222222");

    [Fact]
    public async Task What_was_logged_is_read_and_what_waited_is_applied()
    {
        await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);
        await Schemas.ApplyAsync<PlatformDb>(dataSource, PlatformDb.Schema, CancellationToken.None);
        await ApplyUpToAsync(dataSource, "0022_latest_conversations");
        await dataSource.ExecuteAsync($$"""
            INSERT INTO inbound.webhook_deliveries (received_at, channel_ids, signature, headers, traceparent, body) VALUES
                ('2026-11-20 23:59:59.5+00', ARRAY['{{One}}'::uuid], 'sha256=a', '{"X-Request-Id": "1"}', NULL, 'first'),
                ('2026-11-21 00:00:00.5+00', ARRAY['{{One}}', '{{Two}}']::uuid[], 'sha256=b', '{}', 'trace', 'second'),
                ('2026-11-21 00:00:00.5+00', ARRAY['{{Two}}'::uuid], 'sha256=c', '{}', NULL, 'third');
            INSERT INTO inbound.webhook_queue (delivery_id, received_at, due_at, attempts, replay)
                SELECT id, received_at, received_at, 2, signature = 'sha256=c' FROM inbound.webhook_deliveries WHERE signature <> 'sha256=a'
            """);
        const string Log = "SELECT string_agg(concat_ws(' ', id, received_at, channel_ids, signature, headers, traceparent, body), ' | ' ORDER BY id) FROM inbound.webhook_deliveries";
        var logged = await dataSource.ScalarAsync<string>(Log);

        await Schemas.ApplyAsync<InboundDb>(dataSource, InboundDb.Schema, CancellationToken.None);

        Assert.Equal(logged, await dataSource.ScalarAsync<string>(Log));
        Assert.Equal("webhook_log_20261120 1, webhook_log_20261121 2", await dataSource.ScalarAsync<string>(
            "SELECT string_agg(concat_ws(' ', relname, n), ', ' ORDER BY relname) FROM (SELECT tableoid, count(*) AS n FROM inbound.webhook_log GROUP BY 1) d JOIN pg_class c ON c.oid = d.tableoid"));

        // What comes now is behind all of it.
        var log = new WebhookLog(dataSource);
        await log.StoreAsync([new(new(2026, 11, 21, 0, 0, 1, TimeSpan.Zero), [One], "sha256=d", "{}", null, "fourth"u8.ToArray())], CancellationToken.None);
        Assert.Equal("second 2 f, third 2 t, fourth 0 f", await ClaimAsync(dataSource));
        var second = await log.FindAsync(2, CancellationToken.None);
        Assert.Equal(("second", 2, false), (Encoding.UTF8.GetString(second!.Body), second.ChannelIds.Length, second.IsQueued));
    }

    /// <summary>Applies the schema as it once was. (By name EF finds only migrations that are called by a time.)</summary>
    private static async Task ApplyUpToAsync(NpgsqlDataSource dataSource, string last)
    {
        var options = new DbContextOptionsBuilder<InboundDb>();
        options.UseSchema(dataSource, InboundDb.Schema);
        await using var db = new InboundDb(options.Options, Tenant.Everything);
        var history = db.GetService<IHistoryRepository>();
        await history.CreateIfNotExistsAsync();
        var all = db.GetService<IMigrationsAssembly>();
        foreach (var (id, type) in all.Migrations.Where(m => string.CompareOrdinal(m.Key, last) <= 0))
        {
            foreach (var operation in all.CreateMigration(type, db.Database.ProviderName!).UpOperations.Cast<SqlOperation>()) // the context has a provider
                await dataSource.ExecuteAsync(operation.Sql);
            await dataSource.ExecuteAsync(history.GetInsertScript(new HistoryRow(id, "1")));
        }
    }

    private static async Task<string> ClaimAsync(NpgsqlDataSource dataSource)
    {
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var claim = new NpgsqlCommand(WebhookLogSql.Claim, connection) { Parameters = { new("now", TimeProvider.System.GetUtcNow()), new("batch", 500), new("stretches", 500) } };
        var claimed = new List<string>();
        await using (var row = await claim.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
                claimed.Add($"{Encoding.UTF8.GetString(row.GetFieldValue<byte[]>(7))} {row.GetInt16(2)} {(row.GetBoolean(3) ? 't' : 'f')}");
        }

        await transaction.CommitAsync();
        return string.Join(", ", claimed);
    }
}
