using System.Threading.Channels;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Sending;

/// <summary>Writes outcomes of Graph down, many together, in the order in which they came.</summary>
/// <remarks>
/// What is not written down was committed as <c>sending</c> and becomes unresolved when its claim ends: losing an outcome costs a status's
/// patience, never a second message. So it is tried until it succeeds, however long Postgres is away.
/// </remarks>
internal sealed partial class SettleQueue(
    NpgsqlDataSource dataSource, FailureSettler failures, SendingMetrics metrics, TimeProvider clock, IOptions<SendingOptions> options, ILogger<SettleQueue> logger)
{
    private const int MaxBatch = 1_000;
    private static readonly TimeSpan OutageDelay = TimeSpan.FromSeconds(1);

    private readonly SendingOptions _options = options.Value;
    private readonly Channel<(SentRecipient Sent, TaskCompletionSource Done)> _queue = Channel.CreateUnbounded<(SentRecipient, TaskCompletionSource)>();
    private int _writing;

    /// <summary>Returns when the outcome is written down.</summary>
    public Task AddAsync(SentRecipient sent)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Writer.TryWrite((sent, done));
        if (Interlocked.CompareExchange(ref _writing, 1, 0) == 0)
            _ = WriteAllAsync();
        return done.Task;
    }

    private async Task WriteAllAsync()
    {
        while (true)
        {
            if (_options.SettleEvery > TimeSpan.Zero)
                await Task.Delay(_options.SettleEvery, clock);
            var batch = new List<(SentRecipient Sent, TaskCompletionSource Done)>();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var next))
                batch.Add(next);
            if (batch.Count > 0)
            {
                await WriteAsync([.. batch.Select(b => b.Sent)]);
                foreach (var (_, done) in batch)
                    done.SetResult();
                continue;
            }

            Volatile.Write(ref _writing, 0);
            // One that came after the last look and before the flag fell is ours, or another's who took the flag.
            if (!_queue.Reader.TryPeek(out _) || Interlocked.CompareExchange(ref _writing, 1, 0) != 0)
                return;
        }
    }

    private async Task WriteAsync(IReadOnlyList<SentRecipient> batch)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await TryWriteAsync(batch);
                return;
            }
#pragma warning disable CA1031 // Whatever it is, the outcomes must be written down.
            catch (Exception e)
#pragma warning restore CA1031
            {
                // A status that met the same rows at the same time is over in a moment.
                if (e is PostgresException { SqlState: PostgresErrorCodes.DeadlockDetected })
                    continue;
                Log.NotWritten(logger, batch.Count, e);
                await Task.Delay(OutageDelay, clock);
            }
        }
    }

    private async Task TryWriteAsync(IReadOnlyList<SentRecipient> batch)
    {
        var now = clock.GetUtcNow();
        await using var connection = await dataSource.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        var taken = batch.Where(s => s.Outcome is SendOutcome.Accepted).OrderBy(s => s.Recipient.Id).ToList();
        if (taken.Count > 0)
        {
            await using var command = new NpgsqlCommand(RecipientSql.SettleSent, connection);
            Identify(command, taken);
            command.Column("ats", NpgsqlDbType.TimestampTz, taken, s => s.At);
            command.Column("wamids", NpgsqlDbType.Text, taken, s => ((SendOutcome.Accepted)s.Outcome).Wamid);
            command.Column("wa_ids", NpgsqlDbType.Text, taken, s => ((SendOutcome.Accepted)s.Outcome).WaId);
            command.Column("user_ids", NpgsqlDbType.Text, taken, s => ((SendOutcome.Accepted)s.Outcome).UserId);
            command.Column("helds", NpgsqlDbType.Boolean, taken, s => ((SendOutcome.Accepted)s.Outcome).Held);
            await command.ExecuteNonQueryAsync();
        }

        var unknown = batch.Where(s => s.Outcome is SendOutcome.Unknown).OrderBy(s => s.Recipient.Id).ToList();
        if (unknown.Count > 0)
        {
            await using var command = new NpgsqlCommand(RecipientSql.SettleUnknown, connection);
            Identify(command, unknown);
            command.Parameters.AddWithValue("settle_at", now + _options.SettleAfter);
            command.Column("details", NpgsqlDbType.Text, unknown, s => ((SendOutcome.Unknown)s.Outcome).Reason);
            await command.ExecuteNonQueryAsync();
        }

        var refused = batch.Where(s => s.Outcome is SendOutcome.Refused).Select(s => FailureOf(s, now)).ToList();
        var after = await failures.SettleAsync(connection, refused, CancellationToken.None);
        await transaction.CommitAsync();
        await after();
        metrics.Settled(taken.Count, unknown.Count, refused);
    }

    private FailedRecipient FailureOf(SentRecipient sent, DateTimeOffset now)
    {
        var (recipient, error) = (sent.Recipient, ((SendOutcome.Refused)sent.Outcome).Error);
        var decision = SendDecision.For(error, recipient.Attempts, now, _options.MaxAttempts, recipient.RetryUntil, Random.Shared.NextDouble());
        return new FailedRecipient(
            recipient.WorkspaceId, recipient.ChannelId, recipient.AgentId, recipient.CampaignId, recipient.Id, recipient.Round, recipient.Customer, recipient.Scope, Reported: false, error, decision);
    }

    private static void Identify(NpgsqlCommand command, List<SentRecipient> sent)
    {
        command.Column("channels", NpgsqlDbType.Uuid, sent, s => s.Recipient.ChannelId);
        command.Column("ids", NpgsqlDbType.Uuid, sent, s => s.Recipient.Id);
        command.Column("rounds", NpgsqlDbType.Smallint, sent, s => s.Recipient.Round);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Count} outcomes of Graph could not be written down yet; trying again")]
        public static partial void NotWritten(ILogger logger, int count, Exception exception);
    }
}
