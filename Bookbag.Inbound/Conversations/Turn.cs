using System.Diagnostics;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Media;
using Bookbag.Inbound.Models;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Conversations;

/// <summary>What is done in one conversation between its claim and its release: send what was committed, then answer what the customer wrote.</summary>
internal sealed partial class Turn(
    TurnQueue queue, ReplySender sender, TurnAnswers answers, HandOff handOff, GraphClient graph, ChannelDirectory channels, MediaReader reader, TurnMetrics metrics,
    TimeProvider clock, IOptions<TurnOptions> options, ILogger<Turn> logger)
{
    private readonly TurnOptions _options = options.Value;

    /// <summary>Works on a claimed conversation. Whatever happens, it is let go at the end, or its lease ends by itself.</summary>
    /// <param name="claim">The conversation.</param>
    /// <param name="hurry">Cancelled when a stopping replica has no more time: an answer in the making is left to the others.</param>
    public async Task RunAsync(TurnClaim claim, CancellationToken hurry)
    {
        using var activity = ActivityContext.TryParse(claim.TraceParent, null, isRemote: true, out var webhook)
            ? TurnMetrics.Activities.StartActivity("turn", ActivityKind.Consumer, webhook)
            : TurnMetrics.Activities.StartActivity("turn", ActivityKind.Consumer);
        activity?.SetTag("bookbag.conversation.id", claim.ConversationId);

        if (await queue.LoadAsync(claim, hurry) is not { } turn)
            return;

        var route = await channels.FindByIdAsync(claim.ChannelId, hurry);
        if (turn.Pending.Count > 0 && !await sender.SendAsync(claim, turn, route, keep: turn.WantsAnswer, hurry))
            return;

        if (turn.WantsAnswer)
        {
            var outcome = CampaignReplies.ForPerson(turn) is { } campaign
                ? await LeaveToPersonAsync(claim, turn, campaign, hurry)
                : await AnswerAsync(claim, turn, route, hurry);
            activity?.SetTag("bookbag.turn.outcome", outcome);
            metrics.TurnFinished(outcome);
        }
        else if (turn.Pending.Count == 0)
        {
            await queue.ReleaseAsync(claim, turn.Epoch, null, hurry);
        }
    }

    /// <summary>The customer answers a campaign whose replies go to people: the agent says nothing.</summary>
    private async Task<string> LeaveToPersonAsync(TurnClaim claim, TurnState turn, TemplateMessage campaign, CancellationToken hurry)
    {
        await handOff.EscalateAsync(claim.ChannelId, claim.ConversationId, EscalationCause.Campaign, $"The customer answered the campaign \"{campaign.CampaignName}\".", hurry);
        await queue.ReleaseAsync(claim, turn.Epoch, null, hurry);
        return "campaign";
    }

    private async Task<string> AnswerAsync(TurnClaim claim, TurnState turn, ChannelRoute? route, CancellationToken hurry)
    {
        var now = clock.GetUtcNow();
        if (!turn.Window.AllowsSendingAt(now))
            return await LeaveAsync(claim, turn, hurry);
        if (turn.Awaiting.All(message => message.Type == "revoke"))
        {
            if (!await queue.LeaveUnansweredAsync(claim, turn, "The customer took back what they wrote.", hurry))
                await queue.ReleaseAsync(claim, turn.Epoch, now, hurry);
            return "taken_back";
        }
        if (route is null)
        {
            await queue.ReleaseAsync(claim, turn.Epoch, turn.Window.OrEndOfSending(now + _options.NotConnectedDelay), hurry);
            return "not_connected";
        }

        // A picture or voice note that a model is about to read: its words are what is to be answered.
        if (turn.Awaiting.Any(message => message.File is { Task: not null } file && reader.Reads(file.Kind, null) && now < file.ReceivedAt + _options.ReadingTime))
        {
            await queue.ReleaseAsync(claim, turn.Epoch, now + _options.PollEvery, hurry);
            return "reading";
        }

        Answer answer;
        IReadOnlyList<PendingReply> replies;
        var watch = new AnswerWatch(queue, graph, clock, _options, claim, turn, route, hurry);
        try
        {
            await using (watch)
                answer = await MakeAnswerAsync(claim, turn, watch.Answering);
            // It may have taken a while.
            if (!turn.Window.AllowsSendingAt(clock.GetUtcNow()))
                return await LeaveAsync(claim, turn, hurry);
            replies = await queue.CommitAsync(claim, turn, answer, hurry);
        }
        catch (OperationCanceledException) when (watch.IsStale)
        {
            return await DropAsync(claim, turn);
        }
        catch (OperationCanceledException) when (hurry.IsCancellationRequested)
        {
            await queue.ReleaseAsync(claim, turn.Epoch, now, CancellationToken.None);
            return "stopping";
        }
#pragma warning disable CA1031 // Whatever goes wrong with one answer, the customer's messages wait for the next try.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return await AnswerFailedAsync(claim, turn, e, hurry);
        }

        if (replies.Count == 0)
            return await DropAsync(claim, turn);

        await sender.SendAsync(claim, turn with { Pending = replies }, route, keep: false, hurry);
        await watch.ReadReceipt;
        return answer.Outcome.Word();
    }

    private async Task<Answer> MakeAnswerAsync(TurnClaim claim, TurnState turn, CancellationToken cancellationToken)
    {
        var question = QuestionOf(turn);
        Answer answer;
        try
        {
            // The last try failed, and so did the hand-off: nothing is made any more.
            answer = turn.Attempts < _options.MaxAnswerAttempts
                ? await answers.Answer(question, cancellationToken)
                : await answers.HandOff(question, NoAnswer(turn.Attempts, "See the log."), cancellationToken);
        }
        catch (ModelUnavailableException e) when (turn.Attempts + 1 == _options.MaxAnswerAttempts)
        {
            Log.HandedOver(logger, claim.ConversationId, turn.Attempts + 1, e.Message);
            answer = await answers.HandOff(question, NoAnswer(turn.Attempts + 1, e.Message), cancellationToken);
        }
        return string.IsNullOrWhiteSpace(answer.Text) ? throw new InvalidOperationException("The answer is empty.") : answer;
    }

    private static string NoAnswer(int tries, string why) => $"The agent could not make an answer, {(tries == 1 ? "once" : $"{tries} times in a row")}. {why}";

    private static Question QuestionOf(TurnState turn) => new(
        turn.WorkspaceId, turn.AgentId,
        string.Join('\n', turn.Awaiting.Select(message => message.Words).Where(words => !string.IsNullOrWhiteSpace(words))),
        [.. turn.History.Select(message => new HistoryLine(message.FromCustomer, message.Text!, message.ByPerson, message.ByCampaign))]) // the query asks for those that have text
    {
        Unread = [.. turn.Awaiting.Where(message => message.Type != "revoke" && string.IsNullOrWhiteSpace(message.Words)).Select(message => message.Type)],
    };

    /// <summary>Nothing may be said any more until the customer writes again.</summary>
    private async Task<string> LeaveAsync(TurnClaim claim, TurnState turn, CancellationToken cancellationToken)
    {
        Log.LeftUnanswered(logger, claim.ConversationId);
        if (!await queue.LeaveUnansweredAsync(claim, turn, ReplyStep.WindowClosed, cancellationToken))
            await queue.ReleaseAsync(claim, turn.Epoch, clock.GetUtcNow(), cancellationToken);
        return "window_closed";
    }

    /// <summary>The answer came too late. What made it so (a newer message, a takeover) has set when the next turn is due.</summary>
    private async Task<string> DropAsync(TurnClaim claim, TurnState turn)
    {
        Log.Dropped(logger, claim.ConversationId);
        metrics.AnswerDropped();
        await queue.ReleaseAsync(claim, turn.Epoch, clock.GetUtcNow(), CancellationToken.None);
        return "dropped";
    }

    private async Task<string> AnswerFailedAsync(TurnClaim claim, TurnState turn, Exception exception, CancellationToken cancellationToken)
    {
        Log.AnswerFailed(logger, claim.ConversationId, turn.Attempts + 1, exception);
        var delay = TimeSpan.FromSeconds(Math.Min(2 * Math.Pow(4, turn.Attempts), 300) * (1 + (0.25 * Random.Shared.NextDouble())));
        // The try after the last one hands over, and that needs no patience.
        var due = clock.GetUtcNow() + (turn.Attempts + 1 == _options.MaxAnswerAttempts ? TimeSpan.Zero : delay);
        await queue.AnswerFailedAsync(claim, turn, due, cancellationToken);
        return "failed";
    }

    private static partial class Log
    {
        [LoggerMessage(4, LogLevel.Warning, "Conversation {ConversationId} is handed to a person after {Attempts} tries to answer. {Reason}")]
        public static partial void HandedOver(ILogger logger, Guid conversationId, int attempts, string reason);

        [LoggerMessage(1, LogLevel.Information, "The messages of conversation {ConversationId} are left unanswered: the customer service window is closed")]
        public static partial void LeftUnanswered(ILogger logger, Guid conversationId);

        [LoggerMessage(2, LogLevel.Information, "An answer in conversation {ConversationId} came too late and is dropped")]
        public static partial void Dropped(ILogger logger, Guid conversationId);

        [LoggerMessage(3, LogLevel.Warning, "An answer in conversation {ConversationId} could not be made (attempt {Attempt})")]
        public static partial void AnswerFailed(ILogger logger, Guid conversationId, int attempt, Exception exception);
    }
}
