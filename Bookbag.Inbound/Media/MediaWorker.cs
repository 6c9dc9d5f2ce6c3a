using Bookbag.Inbound.Conversations;
using Bookbag.Inbound.Models;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Media;

/// <summary>Moves files: fetches those that customers sent, has them read, uploads those that people send, lets go those that were kept long enough.</summary>
/// <remarks>Any number of replicas may run: a task belongs to the one that took it until its lease ends. Doing one twice does no harm.</remarks>
public sealed partial class MediaWorker(
    MediaStore store, GraphClient graph, ChannelDirectory channels, MediaReader reader, WakeUps wakeUps, MediaMetrics metrics, TimeProvider clock,
    IOptions<MediaOptions> options, ILogger<MediaWorker> logger) : BackgroundService
{
    /// <summary>Signalled when there is a file to be fetched or uploaded.</summary>
    public const string Topic = "media";

    // Meta's own times: how long the link of a webhook is good, with a margin, and how long the file can be asked for.
    private static readonly TimeSpan LinkLives = TimeSpan.FromMinutes(4.5);
    private static readonly TimeSpan FileLives = TimeSpan.FromDays(7);
    private static readonly TimeSpan OutageDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ExpireEvery = TimeSpan.FromHours(1);
    private const int MostReads = 3;
    private const int MostUploads = 8;
    private const int MostDamaged = 5;

    private readonly MediaOptions _options = options.Value;
    private DateTimeOffset _expireAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await RunOnceAsync(stoppingToken) == 0)
                    await wakeUps.WaitAsync(Topic, _options.PollEvery, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
                await Task.Delay(OutageDelay, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>Takes what is due, up to the limit, and does it; how much that was.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var tasks = await store.ClaimAsync(now, _options.MaxConcurrency, _options.Lease, cancellationToken);
        await Task.WhenAll(tasks.Select(task => DoAsync(task, cancellationToken)));
        if (now >= _expireAt)
        {
            while (await store.ExpireAsync(now.AddDays(-_options.RetentionDays), cancellationToken) > 0)
            {
            }

            _expireAt = now + ExpireEvery;
        }

        return tasks.Count;
    }

    private async Task DoAsync(MediaTask task, CancellationToken cancellationToken)
    {
        try
        {
            if (await channels.FindByIdAsync(task.ChannelId, cancellationToken) is not { } channel)
                await PutOffAsync(task, "The WhatsApp number is not connected.", cancellationToken);
            else
                await (task.Task switch
                {
                    "fetch" => FetchAsync(task, channel, cancellationToken),
                    "read" => ReadAsync(task, cancellationToken),
                    _ => UploadAsync(task, channel, cancellationToken),
                });
        }
#pragma warning disable CA1031 // One file must not stop the others; its task comes up again when the lease ends.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            metrics.NotDone(task.Task, "error");
            Log.TaskFailed(logger, task.Task, task.Id, e);
        }
    }

    private async Task FetchAsync(MediaTask task, ChannelRoute channel, CancellationToken cancellationToken)
    {
        // The webhook's own link saves a call, while it is good.
        var isFresh = clock.GetUtcNow() < task.ReceivedAt + LinkLives;
        if (task.Attempts == 1 && isFresh && Uri.TryCreate(task.Url, UriKind.Absolute, out var url)
            && await DownloadAsync(task, channel, new(url, null, null, null), cancellationToken) is DownloadEnd.Whole or DownloadEnd.TooLarge)
            return;

        var asked = await graph.GetMediaAsync(channel, task.MetaId ?? "", cancellationToken);
        if (asked.Error is { } error)
        {
            // Meta names no code of its own for a file that is gone: it does not know the object.
            if (error.Code is 100 or 803 || clock.GetUtcNow() > task.ReceivedAt + FileLives)
                await GiveUpAsync(task, "WhatsApp does not have the file any more.", cancellationToken);
            else
                await PutOffAsync(task, error.Message, cancellationToken);
            return;
        }

        if (await DownloadAsync(task, channel, asked.Value!, cancellationToken) is DownloadEnd.Refused)
            await PutOffAsync(task, "WhatsApp names an address for the file that is not one of Meta's.", cancellationToken);
    }

    /// <summary>Fetches a file from where it is. What came whole and what never will is settled here; a link that is not good any more is left to the caller.</summary>
    private async Task<DownloadEnd> DownloadAsync(MediaTask task, ChannelRoute channel, MediaLink link, CancellationToken cancellationToken)
    {
        var most = 1024L * 1024 * (task.Kind == "document" ? _options.LargestDocumentMegabytes : _options.LargestMegabytes);
        await using var writing = await store.WriteAsync(task, cancellationToken);
        var download = await graph.DownloadMediaAsync(channel, link.Url, most, writing.WriteAsync, cancellationToken);
        switch (download.End)
        {
            case DownloadEnd.Whole when (task.Sha256 ?? link.Sha256) is { } expected && !expected.AsSpan().SequenceEqual(download.Sha256):
                Log.Damaged(logger, task.Id, task.Attempts);
                if (task.Attempts >= MostDamaged)
                    await GiveUpAsync(task, "What came is not what was sent: its checksum is another.", cancellationToken);
                else
                    await PutOffAsync(task, "What came is not what was sent: its checksum is another.", cancellationToken);
                return DownloadEnd.Whole;

            case DownloadEnd.Whole:
                var next = reader.Reads(task.Kind, download.Size) ? "read" : null;
                if (await writing.FinishAsync(download.Size, download.Sha256, link.MimeType, next, clock.GetUtcNow(), cancellationToken))
                    metrics.Done("fetch", clock.GetUtcNow() - task.ReceivedAt, download.Size);
                if (next is not null)
                    wakeUps.Signal(Topic);
                return DownloadEnd.Whole;

            case DownloadEnd.TooLarge:
                await GiveUpAsync(task, download.Problem!, cancellationToken);
                return DownloadEnd.TooLarge;

            case DownloadEnd.Failed:
            case DownloadEnd.Expired when link.Sha256 is not null || link.Size is not null:
                await PutOffAsync(task, download.Problem!, cancellationToken);
                return DownloadEnd.Whole;

            default:
                return download.End;
        }
    }

    private async Task ReadAsync(MediaTask task, CancellationToken cancellationToken)
    {
        string said;
        try
        {
            await using var content = store.Open(task.ChannelId, task.Id, task.Size ?? 0);
            said = await reader.ReadAsync(task.Kind, task.MimeType, content, cancellationToken);
        }
        catch (ModelUnavailableException e)
        {
            Log.NotRead(logger, task.Id, task.Attempts, e.Message);
            if (task.Attempts >= MostReads)
                await GiveUpAsync(task, $"The model could not read it. {e.Message}", cancellationToken);
            else
                await PutOffAsync(task, $"The model could not read it yet. {e.Message}", cancellationToken);
            return;
        }

        if (await store.ChangeAsync(MediaSql.Read, task, clock.GetUtcNow(), cancellationToken, ("transcript", said)))
            metrics.Done("read", clock.GetUtcNow() - task.ReceivedAt, 0);
    }

    private async Task UploadAsync(MediaTask task, ChannelRoute channel, CancellationToken cancellationToken)
    {
        await using var content = store.Open(task.ChannelId, task.Id, task.Size ?? 0);
        var uploaded = await graph.UploadMediaAsync(channel, new(content, task.Size ?? 0, task.MimeType!, task.Filename), cancellationToken);
        if (uploaded.Error is { } error)
        {
            if (SendRetry.DelayAfter(error, task.Attempts, MostUploads, Random.Shared.NextDouble()) is null)
                await GiveUpAsync(task, $"{error.Advice} {error.Details ?? error.Message}", cancellationToken);
            else
                await PutOffAsync(task, error.Message, cancellationToken);
            return;
        }

        if (await store.ChangeAsync(MediaSql.Uploaded, task, clock.GetUtcNow(), cancellationToken, ("meta", uploaded.Value!.Id)))
        {
            metrics.Done("upload", clock.GetUtcNow() - task.ReceivedAt, 0);
            wakeUps.Signal(TurnWorker.Topic);
        }
    }

    // Soon at first, for Meta's links are short; rarely in the end, for its files live for days.
    private async Task PutOffAsync(MediaTask task, string problem, CancellationToken cancellationToken)
    {
        metrics.NotDone(task.Task, "later");
        var delay = TimeSpan.FromSeconds(Math.Min(3_600, 2 * Math.Pow(2, Math.Min(task.Attempts - 1, 12))));
        await store.ChangeAsync(MediaSql.Postpone, task, clock.GetUtcNow(), cancellationToken, ("due", clock.GetUtcNow() + delay), ("problem", problem));
    }

    private async Task GiveUpAsync(MediaTask task, string problem, CancellationToken cancellationToken)
    {
        metrics.NotDone(task.Task, "given_up");
        Log.GivenUp(logger, task.Task, task.Id, problem);
        await store.ChangeAsync(MediaSql.GiveUp, task, clock.GetUtcNow(), cancellationToken, ("problem", problem));
        wakeUps.Signal(TurnWorker.Topic);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A round of the media worker failed; what it took comes up again when its lease ends")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The task {Task} of file {MediaId} failed; it comes up again when its lease ends")]
        public static partial void TaskFailed(ILogger logger, string task, Guid mediaId, Exception exception);

        [LoggerMessage(3, LogLevel.Warning, "File {MediaId} came with another checksum than Meta said (attempt {Attempt})")]
        public static partial void Damaged(ILogger logger, Guid mediaId, int attempt);

        [LoggerMessage(4, LogLevel.Warning, "File {MediaId} could not be read by the model (attempt {Attempt}). {Reason}")]
        public static partial void NotRead(ILogger logger, Guid mediaId, int attempt, string reason);

        [LoggerMessage(5, LogLevel.Warning, "The task {Task} of file {MediaId} is given up: {Problem}")]
        public static partial void GivenUp(ILogger logger, string task, Guid mediaId, string problem);
    }
}
