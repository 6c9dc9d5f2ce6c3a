extern alias outbound;
using Bookbag.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Npgsql;
using outbound::Bookbag.Outbound.DeliveryEvents;

namespace Bookbag.Tests.Platform;

/// <summary>
/// A queue is empty at one moment and long at the next. A statement that was prepared while it was empty would go on with a plan for no rows at all: measured, seven
/// seconds for 500 of 57,000.
/// </summary>
public sealed class QueuePlanTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    public static TheoryData<string> Queues => [WebhookLogSql.Claim, DeliveryEventSql.Take];

    [Theory]
    [MemberData(nameof(Queues))]
    public async Task What_takes_from_a_queue_is_planned_for_what_is_in_it_now(string statement)
    {
        await using var connection = new NpgsqlConnection($"{database.ConnectionString};Pooling=false");
        await connection.OpenAsync();
        await using var take = new NpgsqlCommand(statement, connection) { Parameters = { new("batch", 500) } };
        if (statement.Contains("@now", StringComparison.Ordinal))
            take.Parameters.AddWithValue("now", TimeProvider.System.GetUtcNow());
        if (statement.Contains("@stretches", StringComparison.Ordinal))
            take.Parameters.AddWithValue("stretches", 500);
        await take.PrepareAsync();
        for (var round = 0; round < 10; round++)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await take.ExecuteNonQueryAsync();
            await transaction.CommitAsync();
        }

        await using var plans = new NpgsqlCommand("SELECT custom_plans, generic_plans FROM pg_prepared_statements WHERE statement LIKE '%DELETE FROM%'", connection);
        await using var row = await plans.ExecuteReaderAsync();
        Assert.True(await row.ReadAsync());
        Assert.Equal((10, 0), (row.GetInt64(0), row.GetInt64(1)));
        Assert.False(await row.ReadAsync());
    }
}
