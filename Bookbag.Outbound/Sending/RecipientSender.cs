using System.Collections.Concurrent;
using Bookbag.Outbound.Campaigns;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;

namespace Bookbag.Outbound.Sending;

/// <summary>
/// Sends what is due: one lane a number, in every replica. A lane takes turns between the number's campaigns, single sends first; takes pace;
/// claims and commits a batch as <c>sending</c>; hands it to Graph, many at a time, and goes on while the answers come.
/// </summary>
/// <remarks>
/// A call that was begun is always waited for and written down, even while the replica stops. Nothing here is sent again because its outcome is
/// not known: see <see cref="ClaimRescuer"/>.
/// </remarks>
internal sealed partial class RecipientSender(
    ChannelWorkReader reader, RecipientClaims claims, SettleQueue settling, Pace pace, GraphClient graph, ChannelDirectory channels, CampaignStates campaigns,
    WakeUps wakeUps, TimeProvider clock, IOptions<SendingOptions> options, ILogger<RecipientSender> logger) : BackgroundService
{
    /// <summary>Signalled when there is something to send.</summary>
    public const string Topic = "sending";

    private static readonly TimeSpan WhileAllAreBusy = TimeSpan.FromMilliseconds(100);

    private readonly SendingOptions _options = options.Value;
    private readonly SemaphoreSlim _free = new(options.Value.MaxInFlight);
    private readonly ConcurrentDictionary<Guid, Task> _lanes = new();
    private readonly ConcurrentDictionary<Guid, Guid> _served = new();
    private readonly ConcurrentDictionary<Task, byte> _inFlight = new();

    /// <summary>Sends one batch of every number that has something to send, and waits until what became of it is written down. How many messages that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var sent = 0;
        foreach (var channelId in await reader.ListAsync(cancellationToken))
        {
            var (begun, _) = await BeginAsync(channelId, cancellationToken);
            sent += begun.Count;
            await SendAsync(begun);
        }

        return sent;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        // First the lanes, then what they began last.
        await Task.WhenAll(_lanes.Values).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.WhenAll(_inFlight.Keys).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public override void Dispose()
    {
        _free.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_options.Enabled && !stoppingToken.IsCancellationRequested)
        {
            try
            {
                foreach (var channelId in await reader.ListAsync(stoppingToken))
                {
                    if (!_lanes.TryGetValue(channelId, out var lane) || lane.IsCompleted)
                        _lanes[channelId] = RunLaneAsync(channelId, stoppingToken);
                }

                await wakeUps.WaitAsync(Topic, _options.PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(_options.PollEvery, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Sends for one number until it has nothing to send.</summary>
    private async Task RunLaneAsync(Guid channelId, CancellationToken stoppingToken)
    {
        await Task.Yield();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                var (begun, wait) = await BeginAsync(channelId, stoppingToken);
                if (begun.Count > 0)
                    Track(SendAsync(begun));
                if (wait is null)
                    return;
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait.Value, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is in flight is waited for by StopAsync.
        }
#pragma warning disable CA1031 // The lane is opened again at the next look.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.LaneFailed(logger, channelId, e);
        }
    }

    /// <summary>Takes pace and claims one batch.</summary>
    /// <returns>What to hand to Graph, and how long to wait before the next batch; null when there is nothing more to send.</returns>
    private async Task<(IReadOnlyList<ClaimedRecipient> Begun, TimeSpan? Wait)> BeginAsync(Guid channelId, CancellationToken cancellationToken)
    {
        if (await reader.ReadAsync(channelId, cancellationToken) is not { } work || (!work.HasSingles && work.Campaigns.Count == 0))
            return ([], null);
        if (!work.HasSingles && work.Rules.NotQuiet(clock.GetUtcNow()) is var quietUntil && quietUntil > clock.GetUtcNow())
        {
            await campaigns.WaitAsync(channelId, null, CampaignReasons.QuietHours, quietUntil, cancellationToken);
            return ([], null);
        }

        // A Graph that hangs has all the calls: what cannot be handed over at once is not claimed.
        var free = _free.CurrentCount;
        if (free == 0)
            return ([], WhileAllAreBusy);

        // Not more than a quarter of a second's worth: what is claimed is sent at once.
        var perSecond = pace.PerSecond(work.Throughput, work.Rules.MessagesPerSecond);
        var most = Math.Min(free, Math.Clamp((int)(perSecond / 4), 1, _options.BatchSize));
        var (taken, wait) = await pace.TakeAsync(work.PhoneNumberId, perSecond, most);
        if (taken == 0)
            return ([], wait);

        if (work.HasSingles)
        {
            var singles = await claims.SinglesAsync(work, taken, cancellationToken);
            return (singles.Begun, TimeSpan.Zero);
        }

        return await BeginCampaignAsync(work, taken, cancellationToken);
    }

    private async Task<(IReadOnlyList<ClaimedRecipient> Begun, TimeSpan? Wait)> BeginCampaignAsync(ChannelWork work, int taken, CancellationToken cancellationToken)
    {
        // In turn: each campaign of the number a batch, the one after the last served first.
        var last = _served.GetValueOrDefault(work.ChannelId);
        foreach (var campaign in work.Campaigns.OrderBy(c => c.Id.CompareTo(last) <= 0).ThenBy(c => c.Id))
        {
            var claim = await claims.OfCampaignAsync(work, campaign, taken, cancellationToken);
            if (claim.WaitUntil is { } until)
                await campaigns.WaitAsync(work.ChannelId, campaign.Id, CampaignReasons.MessagingLimit, until, cancellationToken);
            if (claim.Looked == 0)
            {
                await campaigns.NothingDueAsync(work.ChannelId, campaign, cancellationToken);
                continue;
            }

            _served[work.ChannelId] = campaign.Id;
            return (claim.Begun, TimeSpan.Zero);
        }

        return ([], null);
    }

    private Task SendAsync(IReadOnlyList<ClaimedRecipient> begun) => Task.WhenAll(begun.Select(SendAsync));

    private async Task SendAsync(ClaimedRecipient recipient)
    {
        await _free.WaitAsync();
        SendOutcome outcome;
        try
        {
            outcome = await HandToGraphAsync(recipient);
        }
        finally
        {
            _free.Release();
        }

        await settling.AddAsync(new SentRecipient(recipient, outcome, clock.GetUtcNow()));
    }

    private async Task<SendOutcome> HandToGraphAsync(ClaimedRecipient recipient)
    {
        if (await channels.FindByIdAsync(recipient.ChannelId, CancellationToken.None) is not { } route)
            return new SendOutcome.Refused(Unsendable(GraphAction.BreakChannel, "The channel is not connected any more, or its secrets cannot be read. Enter them again on the WhatsApp card."));
        OutgoingMessage message;
        try
        {
            message = recipient.Template.MessageTo(recipient.Address, recipient.Parameters, button => ReplyToken.Of(recipient.Id, button)) with { CallbackData = recipient.CallbackData };
        }
        catch (Exception e) when (e is ArgumentException or System.Text.Json.JsonException)
        {
            return new SendOutcome.Refused(Unsendable(GraphAction.FixRequest, e.Message));
        }

        return await graph.SendAsync(route, message, CancellationToken.None);
    }

    private static GraphError Unsendable(GraphAction action, string advice) => new(RecipientReasons.UnsendableCode, null, advice, advice, action, advice);

    private void Track(Task work)
    {
        _inFlight.TryAdd(work, 0);
        _ = work.ContinueWith(done =>
        {
            _inFlight.TryRemove(done, out _);
            if (done.Exception is { } problem)
                Log.SendFailed(logger, problem);
        }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A round of sending failed; trying again")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Sending for channel {ChannelId} failed; trying again")]
        public static partial void LaneFailed(ILogger logger, Guid channelId, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "A batch failed outside Graph; what it has not settled becomes unresolved when its claim ends")]
        public static partial void SendFailed(ILogger logger, Exception exception);
    }
}
