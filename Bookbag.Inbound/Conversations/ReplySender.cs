using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Conversations;

/// <summary>Hands committed replies to Graph, one after the other, and writes down what became of each.</summary>
/// <remarks>
/// A call that was begun is always waited for and settled, even while the replica stops or the conversation was lost: what Meta took must not be sent again.
/// </remarks>
internal sealed partial class ReplySender(
    TurnQueue queue, GraphClient graph, ReplyPace pace, ChannelFaults faults, TurnMetrics metrics, TimeProvider clock, IOptions<TurnOptions> options, ILogger<ReplySender> logger)
{
    private readonly TurnOptions _options = options.Value;
    private DateTimeOffset _reachedSince = clock.GetUtcNow();

    /// <summary>Postgres was away, and with it the door: what Meta had to tell meanwhile, it repeats.</summary>
    public void WasAway() => _reachedSince = clock.GetUtcNow();

    /// <summary>
    /// Sends the pending replies of a turn in order. True when all are done and the conversation is still ours;
    /// else it was let go, because the next one must wait or nothing is left to do.
    /// </summary>
    /// <param name="claim">The conversation.</param>
    /// <param name="turn">As it was loaded, with the replies to send.</param>
    /// <param name="route">How to reach Graph; null while the channel is not connected.</param>
    /// <param name="keep">Whether the conversation is kept when all are done.</param>
    /// <param name="cancellationToken">Cancels before a call is begun, never one in flight.</param>
    public async Task<bool> SendAsync(TurnClaim claim, TurnState turn, ChannelRoute? route, bool keep, CancellationToken cancellationToken)
    {
        for (var i = 0; i < turn.Pending.Count; i++)
        {
            var reply = turn.Pending[i];
            var release = keep || i < turn.Pending.Count - 1 ? null : new TurnRelease(turn.Epoch, null);
            var now = clock.GetUtcNow();

            // What the commit handed over is on its way: the time to decide was then.
            var step = reply.Begun ? new ReplyStep.Send() : ReplyStep.For(reply, turn.Mode, turn.Window, now);
            if (step is not ReplyStep.Wait && await MayStillBeToldAsync(reply, now, cancellationToken) is { } until)
                step = new ReplyStep.Wait(until);

            if (step is ReplyStep.Send && reply.File is { MetaId: null } file)
            {
                if (file.Task is null)
                {
                    await FailAsync(claim, turn, reply, new Settlement.Failed(null, file.Problem ?? "The file could not be uploaded.", null), release, cancellationToken);
                    return false;
                }

                // The media worker brings the turn forward when the file is at Meta.
                await queue.ReleaseAsync(claim, turn.Epoch, turn.Window.OrEndOfSending(now + _options.UploadTime), cancellationToken);
                return false;
            }

            switch (step)
            {
                case ReplyStep.Wait wait:
                    await queue.ReleaseAsync(claim, turn.Epoch, wait.Until, cancellationToken);
                    return false;

                case ReplyStep.Discard discard:
                    Log.Discarded(logger, reply.Id, claim.ConversationId, discard.Why);
                    metrics.ReplySettled("discarded");
                    await queue.SettleAsync(claim, reply, new Settlement.Discarded(discard.Why), release, cancellationToken);
                    break;

                case ReplyStep.GiveUp giveUp:
                    await FailAsync(claim, turn, reply, new Settlement.Failed(null, giveUp.Why, HandOver(reply, giveUp.Why)), release, cancellationToken);
                    return false;

                case ReplyStep.Send when route is null:
                    await queue.ReleaseAsync(claim, turn.Epoch, turn.Window.OrEndOfSending(now + _options.NotConnectedDelay), cancellationToken);
                    return false;

                case ReplyStep.Send:
                    if (!reply.Begun)
                    {
                        if (!await queue.BeginSendAsync(claim, turn.Epoch, reply, cancellationToken))
                        {
                            // Lost, or its status webhook was faster than we were: what is left is for the next claim.
                            await queue.ReleaseAsync(claim, turn.Epoch, now + _options.PollEvery, cancellationToken);
                            return false;
                        }
                        reply = reply with { Attempts = reply.Attempts + 1, Unconfirmed = reply.Unconfirmed + 1 };
                    }
                    if (!await HandToGraphAsync(claim, turn, route!, reply, release))
                        return false;
                    break;
            }
        }

        return keep;
    }

    /// <summary>Until when a status webhook may still tell what became of a reply of unknown outcome; null when none will.</summary>
    private async Task<DateTimeOffset?> MayStillBeToldAsync(PendingReply reply, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (reply.Unconfirmed == 0 || reply.Begun)
            return null;
        // Everything may have been down until then: Meta repeats what it could not deliver.
        if (now < _reachedSince + _options.SettleAfter)
            return _reachedSince + _options.SettleAfter;
        return await queue.IsLogBehindAsync(reply.DueAt, cancellationToken) ? now + _options.PollEvery : null;
    }

    /// <summary>Calls Graph and settles the outcome; true when the next reply may follow.</summary>
    private async Task<bool> HandToGraphAsync(TurnClaim claim, TurnState turn, ChannelRoute route, PendingReply reply, TurnRelease? release)
    {
        pace.Take(route.PhoneNumberId);
        var outcome = await graph.SendAsync(route, Compose(turn.Customer, reply), CancellationToken.None);
        var now = clock.GetUtcNow();
        switch (outcome)
        {
            case SendOutcome.Accepted accepted:
                metrics.ReplySettled("sent");
                if (reply.Begun && turn.UnansweredSince is { } since)
                    metrics.Answered(now - since);
                await queue.SettleAsync(claim, reply, new Settlement.Sent(accepted.Wamid, NewAddresses(turn.Customer, accepted)), release, CancellationToken.None);
                if (reply.ErrorCode is not null)
                    await faults.WorksAsync(claim.ChannelId, CancellationToken.None);
                return true;

            case SendOutcome.Unknown unknown:
                Log.OutcomeUnknown(logger, reply.Id, claim.ConversationId, unknown.Reason);
                metrics.ReplySettled("unknown");
                var settleAt = now + _options.SettleAfter;
                await queue.SettleAsync(claim, reply, new Settlement.Unconfirmed(settleAt, unknown.Reason), new TurnRelease(turn.Epoch, settleAt), CancellationToken.None);
                return false;

            case SendOutcome.Refused { Error: var error }:
                if (SendRetry.DelayAfter(error, reply.Attempts, _options.MaxSendAttempts, Random.Shared.NextDouble()) is { } delay)
                {
                    Log.Refused(logger, reply.Id, claim.ConversationId, error.Code, error.Action);
                    var isBroken = error.Action == GraphAction.BreakChannel;
                    metrics.ReplySettled(isBroken ? "broken" : "waiting");
                    var due = turn.Window.OrEndOfSending(now + delay);
                    await queue.SettleAsync(claim, reply, new Settlement.Waiting(due, error.Code, error.InWords), new TurnRelease(turn.Epoch, due), CancellationToken.None);
                    if (isBroken)
                        await faults.BreakAsync(claim.ChannelId, error, CancellationToken.None);
                    return false;
                }

                var windowRefused = error.Code == WindowClosedCode;
                // The customer's next message opens the window again, and the agent can answer it.
                await FailAsync(claim, turn, reply, new Settlement.Failed(error.Code, error.InWords, windowRefused ? null : HandOver(reply, error.InWords), windowRefused), release, CancellationToken.None);
                return false;

            default:
                throw new InvalidOperationException($"Graph's outcome {outcome.GetType().Name} is not known.");
        }
    }

    /// <summary>Settles a reply as failed; what is left to do, if anything, is left to the next claim, which sees what that changed.</summary>
    private async Task FailAsync(TurnClaim claim, TurnState turn, PendingReply reply, Settlement.Failed failed, TurnRelease? release, CancellationToken cancellationToken)
    {
        Log.Failed(logger, reply.Id, claim.ConversationId, failed.Code, failed.HandOver is not null);
        metrics.ReplySettled("failed");
        await queue.SettleAsync(claim, reply, failed, release ?? new TurnRelease(turn.Epoch, clock.GetUtcNow()), cancellationToken);
    }

    // Meta says so too when the customer's last message is less than a day old: its word counts.
    private const int WindowClosedCode = 131047;

    private static OutgoingMessage Compose(CustomerAddress to, PendingReply reply)
    {
        var caption = string.IsNullOrEmpty(reply.Text) ? null : reply.Text;
        var message = reply.File switch
        {
            { MetaId: { } id, Kind: "image" } => OutgoingMessage.Image(to, MediaSource.Id(id), caption),
            { MetaId: { } id, Kind: "video" } => OutgoingMessage.Video(to, MediaSource.Id(id), caption),
            { MetaId: { } id, Kind: "audio" } => OutgoingMessage.Audio(to, MediaSource.Id(id)),
            { MetaId: { } id, Kind: "sticker" } => OutgoingMessage.Sticker(to, MediaSource.Id(id)),
            { MetaId: { } id } file => OutgoingMessage.Document(to, MediaSource.Id(id), file.Filename, caption),
            _ => OutgoingMessage.Text(to, reply.Text),
        };
        return message with { CallbackData = reply.Id.ToString(), ContextWamid = reply.ContextWamid };
    }

    private static string? HandOver(PendingReply reply, string why) => reply.ByHand ? null : $"The agent's answer could not be sent. {why}";

    private static List<string> NewAddresses(CustomerAddress known, SendOutcome.Accepted accepted)
    {
        var addresses = new List<string>(2);
        if (accepted.WaId is { Length: > 0 } phone && phone != known.Phone)
            addresses.Add($"p:{phone}");
        if (accepted.UserId is { Length: > 0 } user && user != known.UserId)
            addresses.Add($"u:{user}");
        return addresses;
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Reply {ReplyId} of conversation {ConversationId} is not sent: {Why}")]
        public static partial void Discarded(ILogger logger, Guid replyId, Guid conversationId, string why);

        [LoggerMessage(2, LogLevel.Warning, "The outcome of reply {ReplyId} of conversation {ConversationId} is unknown ({Reason}); its status webhook may tell")]
        public static partial void OutcomeUnknown(ILogger logger, Guid replyId, Guid conversationId, string reason);

        [LoggerMessage(3, LogLevel.Information, "Reply {ReplyId} of conversation {ConversationId} was refused for now (error {Code}: {Action}); it is tried again")]
        public static partial void Refused(ILogger logger, Guid replyId, Guid conversationId, int code, GraphAction action);

        [LoggerMessage(4, LogLevel.Warning, "Reply {ReplyId} of conversation {ConversationId} failed (error {Code}); handed to a person: {HandedOver}")]
        public static partial void Failed(ILogger logger, Guid replyId, Guid conversationId, int? code, bool handedOver);
    }
}
