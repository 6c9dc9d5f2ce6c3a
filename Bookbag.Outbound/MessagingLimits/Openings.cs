using Bookbag.ServiceDefaults.Platform;
using Npgsql;

namespace Bookbag.Outbound.MessagingLimits;

/// <summary>The ledger of conversations that were opened outside the customer service window.</summary>
public sealed class Openings(NpgsqlDataSource dataSource, TimeProvider clock)
{
    /// <summary>The window that Meta's messaging limit moves over.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(24);

    /// <summary>What is used of the limit that a channel shares with all channels of its portfolio.</summary>
    public async Task<Use> CountAsync(Channel channel, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(OpeningsSql.Use);
        command.Parameters.AddWithValue("portfolios", Portfolios(channel));
        command.Parameters.AddWithValue("window", Window);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new Use(row.GetInt32(0), await row.IsDBNullAsync(1, cancellationToken) ? null : row.GetFieldValue<DateTimeOffset>(1));
    }

    /// <summary>When each of the places that are taken frees up, in that order.</summary>
    public async Task<IReadOnlyList<DateTimeOffset>> FreesAsync(Channel channel, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(LedgerSql.Counted);
        command.Parameters.AddWithValue("portfolios", Portfolios(channel));
        command.Parameters.AddWithValue("since", clock.GetUtcNow() - Ledger.Window);
        var frees = new List<DateTimeOffset>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            frees.Add(row.GetFieldValue<DateTimeOffset>(1) + Ledger.Window);
        frees.Sort();
        return frees;
    }

    // What was opened before Graph told the portfolio was entered under the number, and counts as well.
    private static string[] Portfolios(Channel channel)
    {
        var number = $"number:{channel.PhoneNumberId}";
        return channel.PortfolioId is { } portfolio ? [portfolio, number] : [number];
    }

    /// <summary>What is used of a messaging limit.</summary>
    /// <param name="Customers">Unique customers in the moving 24 hours.</param>
    /// <param name="NextFreeAt">When the first of them counts no more; null where there is none.</param>
    public sealed record Use(int Customers, DateTimeOffset? NextFreeAt);
}
