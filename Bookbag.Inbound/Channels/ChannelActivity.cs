using System.Collections.Concurrent;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;

namespace Bookbag.Inbound.Channels;

/// <summary>Keeps what webhooks tell of the channels themselves: that they come, and under which account.</summary>
/// <remarks>The card says "last webhook" to people: half a minute is fine enough, and a row a webhook would be a burden.</remarks>
public sealed partial class ChannelActivity(NpgsqlDataSource dataSource, WakeUps wakeUps, ILogger<ChannelActivity> logger)
{
    private static readonly TimeSpan Coarseness = TimeSpan.FromSeconds(30);

    private const string Seen = """
        UPDATE platform.channels SET last_webhook_at = @at
        WHERE id = @id AND (last_webhook_at IS NULL OR last_webhook_at < @at)
        """;

    private const string LearnAccount = """
        UPDATE platform.channels SET business_account_id = @account
        WHERE id = @id AND business_account_id IS NULL
        """;

    private readonly ConcurrentDictionary<Guid, DateTimeOffset> _noted = new();

    /// <summary>Notes what a batch told. Never the reason for a batch to fail.</summary>
    internal async Task NoteAsync(IEnumerable<ChannelSign> signs, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var sign in signs)
            {
                if (_noted.TryGetValue(sign.Channel.ChannelId, out var noted) && sign.LastWebhookAt - noted < Coarseness)
                    continue;
                await ExecuteAsync(Seen, sign.Channel.ChannelId, "at", sign.LastWebhookAt, cancellationToken);
                if (sign.Channel.BusinessAccountId is null && sign.BusinessAccountId is { } account
                    && await ExecuteAsync(LearnAccount, sign.Channel.ChannelId, "account", account, cancellationToken) > 0)
                {
                    wakeUps.Signal(ChannelDirectory.Topic);
                }

                _noted[sign.Channel.ChannelId] = sign.LastWebhookAt;
            }
        }
        catch (NpgsqlException e)
        {
            Log.NotNoted(logger, e.Message);
        }
    }

    private async Task<int> ExecuteAsync(string sql, Guid id, string name, object value, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue(name, value);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A channel's last webhook could not be noted ({Reason})")]
        public static partial void NotNoted(ILogger logger, string reason);
    }
}
