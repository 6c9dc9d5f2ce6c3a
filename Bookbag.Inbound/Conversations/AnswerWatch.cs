using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Conversations;

/// <summary>
/// Watches over an answer in the making: the customer sees "read", then "typing" when it takes noticeable time; the lease is kept; and the answer
/// is given up once it would be dropped anyway.
/// </summary>
internal sealed class AnswerWatch : IAsyncDisposable
{
    private static readonly TimeSpan ReceiptPatience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _answering;
    private readonly CancellationTokenSource _watching = new();
    private readonly TurnQueue _queue;
    private readonly GraphClient _graph;
    private readonly TimeProvider _clock;
    private readonly TurnOptions _options;
    private readonly TurnClaim _claim;
    private readonly TurnState _turn;
    private readonly ChannelRoute _route;
    private readonly Task _watch;

    /// <summary>Begins to watch.</summary>
    public AnswerWatch(TurnQueue queue, GraphClient graph, TimeProvider clock, TurnOptions options, TurnClaim claim, TurnState turn, ChannelRoute route, CancellationToken stopping)
    {
        (_queue, _graph, _clock, _options, _claim, _turn, _route) = (queue, graph, clock, options, claim, turn, route);
        _answering = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        ReadReceipt = turn.Attempts == 0 ? ShowAsync(typing: false, CancellationToken.None) : Task.CompletedTask;
        _watch = WatchAsync(_watching.Token);
    }

    /// <summary>Cancelled when the answer is not wanted any more.</summary>
    public CancellationToken Answering => _answering.Token;

    /// <summary>Whether the answer was given up because it would be dropped.</summary>
    public bool IsStale { get; private set; }

    /// <summary>The read receipt on its way. It never fails, and nothing waits for it but the end of the turn.</summary>
    public Task ReadReceipt { get; }

    public async ValueTask DisposeAsync()
    {
        await _watching.CancelAsync();
        await _watch;
        _watching.Dispose();
        _answering.Dispose();
    }

    private async Task WatchAsync(CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(_options.TypingAfter, _clock, cancellationToken);
            while (true)
            {
                await ShowAsync(typing: true, cancellationToken);
                await Task.Delay(_options.Lease / 3, _clock, cancellationToken);
                if (!await _queue.RenewAsync(_claim, _turn.Epoch, cancellationToken))
                {
                    IsStale = true;
                    await _answering.CancelAsync();
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The answer is there.
        }
        catch (Exception e) when (e is System.Data.Common.DbException or TimeoutException)
        {
            // Postgres is away: the commit of the answer will tell whether the conversation is still ours.
        }
    }

    // WhatsApp takes the typing away by itself after 25 seconds, or with the reply.
    private async Task ShowAsync(bool typing, CancellationToken cancellationToken)
    {
        if (_turn.Awaiting.LastOrDefault(message => message.Wamid is not null)?.Wamid is not { } wamid)
            return;
        using var patience = new CancellationTokenSource(ReceiptPatience, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        await _graph.MarkReadAsync(_route, wamid, typing, either.Token);
    }
}
