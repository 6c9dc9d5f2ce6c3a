using System.Net.ServerSentEvents;
using System.Text.Json;

namespace Bookbag.Edge.Clients;

/// <summary>Something changed; what it is now, the API tells.</summary>
/// <param name="Kind"><c>conversation</c>, <c>message</c>, <c>ticket</c> or <c>channel</c>; null where it is not known what, and all of it is to be read again.</param>
/// <param name="Id">What changed.</param>
/// <param name="ConversationId">Its conversation, of all but a channel.</param>
public sealed record LiveChange(string? Kind, Guid Id, Guid? ConversationId, Guid AgentId)
{
    /// <summary>So much may have changed that nobody knows what.</summary>
    public static readonly LiveChange Everything = new(null, Guid.Empty, null, Guid.Empty);

    /// <summary>Whether it may be a change of that kind.</summary>
    public bool IsOf(string kind) => Kind is null || Kind == kind;
}

/// <summary>The circuit's one subscription to what changes: opened when the first component listens, resumed where a connection is lost.</summary>
public sealed partial class LiveUpdates(ApiClient api, TimeProvider clock, ILogger<LiveUpdates> logger) : IAsyncDisposable
{
    private const string Path = "/api/live";
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web);

    private readonly CancellationTokenSource _leaving = new();
    private readonly List<Action<LiveChange>> _listeners = [];
    private Task? _reading;
    private string? _lastEventId;

    /// <summary>Calls back with what changes from now on, until the result is disposed of. Components go on with <c>InvokeAsync</c>.</summary>
    public IDisposable Listen(Action<LiveChange> listener)
    {
        lock (_listeners)
        {
            _listeners.Add(listener);
            _reading ??= Task.Run(ReadAsync); // apart from the component that happens to be the first
        }

        return new Listening(this, listener);
    }

    public async ValueTask DisposeAsync()
    {
        await _leaving.CancelAsync();
        if (_reading is not null)
            await _reading;
        _leaving.Dispose();
    }

    private async Task ReadAsync()
    {
        var pause = FirstPause;
        while (!_leaving.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(() => pause = FirstPause);
                continue; // it ended in peace, as it does every some minutes
            }
            catch (OperationCanceledException) when (_leaving.IsCancellationRequested)
            {
                return;
            }
            catch (ApiException failure)
            {
                Log.Refused(logger, failure.Code);
            }
            catch (Exception e) when (!_leaving.IsCancellationRequested)
            {
                Log.Lost(logger, e);
            }

            await Task.Delay(pause, clock, _leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = TimeSpan.FromTicks(Math.Min(pause.Ticks * 2, LongestPause.Ticks));
        }
    }

    private async Task FollowAsync(Action onConnected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        if (_lastEventId is not null)
            request.Headers.Add("Last-Event-ID", _lastEventId);
        using var answer = await api.OpenAsync(request, _leaving.Token);
        onConnected();
        await using var stream = await answer.Content.ReadAsStreamAsync(_leaving.Token);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(_leaving.Token))
        {
            if (Read(item) is { } change)
                Tell(change);
            // Only after everybody was told: what is cut off in between comes again.
            if (!string.IsNullOrEmpty(item.EventId))
                _lastEventId = item.EventId;
        }
    }

    private static LiveChange? Read(SseItem<string> item) => item.EventType switch
    {
        "ready" or "heartbeat" => null,
        "reset" => LiveChange.Everything,
        _ => JsonSerializer.Deserialize<LiveChange>(item.Data, Format),
    };

    private void Tell(LiveChange change)
    {
        Action<LiveChange>[] listeners;
        lock (_listeners)
            listeners = [.. _listeners];
        foreach (var listener in listeners)
            listener(change);
    }

    private sealed class Listening(LiveUpdates updates, Action<LiveChange> listener) : IDisposable
    {
        public void Dispose()
        {
            lock (updates._listeners)
                updates._listeners.Remove(listener);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Live updates of a console were refused: {Code}")]
        public static partial void Refused(ILogger logger, string code);

        [LoggerMessage(2, LogLevel.Information, "Live updates of a console broke off and are taken up again")]
        public static partial void Lost(ILogger logger, Exception exception);
    }
}
