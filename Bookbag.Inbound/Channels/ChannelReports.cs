using Npgsql;

namespace Bookbag.Inbound.Channels;

/// <summary>Problems of a number or its account that Meta reported by webhook, and that belong to no message.</summary>
public sealed class ChannelReports(NpgsqlDataSource dataSource, TimeProvider clock)
{
    // Meta does not say when one is over; it reports again what lasts.
    private static readonly TimeSpan Lasts = TimeSpan.FromHours(24);

    private const string Latest = "SELECT code, text, reported_at FROM inbound.channel_reports WHERE channel_id = @channel AND reported_at > @since ORDER BY reported_at DESC";

    /// <summary>Those of the last day, the latest first.</summary>
    public async Task<IReadOnlyList<ChannelCheck>> ReadAsync(Guid channelId, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(Latest);
        command.Parameters.AddWithValue("channel", channelId);
        command.Parameters.AddWithValue("since", clock.GetUtcNow() - Lasts);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var checks = new List<ChannelCheck>();
        while (await row.ReadAsync(cancellationToken))
            checks.Add(new("report", false, $"On {ChannelChecks.Day(row.GetFieldValue<DateTimeOffset>(2))} Meta reported a problem (error {row.GetInt32(0)}). {row.GetString(1)}"));
        return checks;
    }
}
