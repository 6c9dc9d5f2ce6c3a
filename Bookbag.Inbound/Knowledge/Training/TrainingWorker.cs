using System.Diagnostics;
using Bookbag.Inbound.Knowledge.Files;
using Bookbag.Inbound.Knowledge.Meaning;
using Bookbag.Inbound.Knowledge.Websites;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Knowledge.Training;

/// <summary>Reads sources and puts what they say in place of what they said before; has the meaning of chunks worked out.</summary>
/// <remarks>
/// Any number of replicas may run: a source belongs to the one that took it until its lease ends. A website goes on where a dead worker left it, a file is
/// read again. Until the new chunks are all there, the old ones answer.
/// </remarks>
public sealed partial class TrainingWorker(
    TrainingQueue queue, WebsiteReader websites, MeaningIndex meaning, WakeUps wakeUps, TrainingMetrics metrics, TimeProvider clock, IOptions<TrainingOptions> options, ILogger<TrainingWorker> logger) : BackgroundService
{
    /// <summary>Signalled when there is a source to be read.</summary>
    public const string Topic = "training";

    // A source that takes its worker down with it is not tried for ever.
    private const int MostAttempts = 3;
    private static readonly TimeSpan OutageDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookForUnknownEvery = TimeSpan.FromHours(1);

    private readonly TrainingOptions _options = options.Value;
    private DateTimeOffset _lookForUnknownAt;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_options.MaxConcurrency > 0 && !stoppingToken.IsCancellationRequested)
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

    /// <summary>Takes sources that are due, up to the limit, and reads them; how many that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (clock.GetUtcNow() >= _lookForUnknownAt)
        {
            await meaning.QueueUnknownAsync(cancellationToken);
            _lookForUnknownAt = clock.GetUtcNow() + LookForUnknownEvery;
        }
        var jobs = await queue.ClaimAsync(_options.MaxConcurrency, _options.Lease, cancellationToken);
        await Task.WhenAll(jobs.Select(job => DoAsync(job, cancellationToken)));
        return jobs.Count;
    }

    private async Task DoAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        using var activity = InboundTelemetry.Source.StartActivity("train source");
        activity?.SetTag("bookbag.source.id", job.SourceId).SetTag("bookbag.source.type", EnumWords.Of(job.Type));
        var started = clock.GetTimestamp();
        try
        {
            if (job.Task == SourceTask.Embed)
            {
                await meaning.EmbedAsync(job, cancellationToken);
                return;
            }
            var problem = job.Attempts > MostAttempts ? "Reading it was broken off again and again." : await TrainAsync(job, cancellationToken);
            if (problem is not null)
                await queue.FailAsync(job, problem, cancellationToken);
            metrics.Trained(job.Type, problem is null, clock.GetElapsedTime(started));
            Log.Trained(logger, job.SourceId, problem is null ? "read" : "not readable");
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopping is nobody's fault: the next worker goes on at once.
            await queue.ReleaseAsync(job);
        }
#pragma warning disable CA1031 // One source must not stop the others; it comes up again when its lease ends.
        catch (Exception e)
#pragma warning restore CA1031
        {
            activity?.SetStatus(ActivityStatusCode.Error);
            Log.TrainingFailed(logger, job.SourceId, job.Attempts, e);
        }
    }

    /// <summary>Reads a source; what is wrong with it, in words, or null.</summary>
    private async Task<string?> TrainAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        try
        {
            var read = job.Type switch
            {
                SourceType.Website => await websites.ReadAsync(job, cancellationToken),
                SourceType.File => await ReadFileAsync(job, cancellationToken),
                _ => throw new UnreachableException("A text or pair is learnt when it is written."),
            };
            if (read is null)
                return null;
            if (read.Chunks.Count == 0)
                return "There is no text in it.";
            return await meaning.PrepareAsync(job, read.Chunks, () => queue.KeepAsync(job, _options.Lease, cancellationToken), cancellationToken)
                ? (await queue.SwapAsync(job, read.Chunks, read.Keep, read.Problem, meaning.Model, cancellationToken))?.Text
                : null;
        }
        catch (UnreadableFileException e)
        {
            return e.Message;
        }
    }

    private async Task<WebsiteText?> ReadFileAsync(TrainingJob job, CancellationToken cancellationToken)
    {
        if (await queue.FileAsync(job, cancellationToken) is not { } file)
            return null;
        using var patience = new CancellationTokenSource(_options.FileTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            // On a thread of its own that can be given up: a parser that does not come to an end asks no token.
            var text = await Task.Factory.StartNew(() => FileText.Read(file.Kind, file.Bytes, either.Token), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)
                .WaitAsync(either.Token);
            return new WebsiteText(Chunker.Cut(text), [], null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new UnreadableFileException("Reading the file took too long: split it, or save it as text.");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "A round of training failed; what it took comes up again when its lease ends")]
        public static partial void RoundFailed(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The training of source {SourceId} was broken off (attempt {Attempt}); it comes up again when its lease ends")]
        public static partial void TrainingFailed(ILogger logger, Guid sourceId, int attempt, Exception exception);

        [LoggerMessage(3, LogLevel.Information, "Source {SourceId} was trained: {Outcome}")]
        public static partial void Trained(ILogger logger, Guid sourceId, string outcome);
    }
}
