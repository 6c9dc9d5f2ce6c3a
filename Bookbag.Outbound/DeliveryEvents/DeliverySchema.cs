using Npgsql;

namespace Bookbag.Outbound.DeliveryEvents;

/// <summary>The queue from Inbound to Outbound, which is Inbound's to make.</summary>
internal static class DeliverySchema
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    /// <summary>Waits until Inbound has made it: at the very first start the services come up side by side. Ends early, without it, when it is cancelled.</summary>
    public static async Task ThereAsync(NpgsqlDataSource dataSource, TimeProvider clock, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested && !await IsThereAsync(dataSource, cancellationToken))
            await Task.Delay(LookEvery, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<bool> IsThereAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = dataSource.CreateCommand("SELECT to_regclass('delivery.events') IS NOT NULL");
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!; // a row of one value, never null
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            return false;
        }
    }
}
