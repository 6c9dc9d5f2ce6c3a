using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Bookbag.AppHost.Embedded;

/// <summary>One resource, or one replica of it, kept running: started when what it waits for is well, watched, and started again when it dies.</summary>
internal sealed class ProgramRun(
    IResource resource, string id, EngineProgram program, ResourceNotificationService notifications, ResourceLoggerService logs, TimeProvider clock)
    : IDisposable
{
    private const int FirstAttempts = 2;

    /// <summary>Enough for an exception with its stack: what it says stands first.</summary>
    private const int LastLines = 40;

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LooksEveryAtStart = TimeSpan.FromMilliseconds(100);

    /// <summary>A child that lived this long before it died has its past forgiven.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan[] Pauses = [TimeSpan.FromMilliseconds(200), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(10)];

    private readonly SemaphoreSlim _commands = new(1);
    private CancellationTokenSource? _keepRunning;
    private Task _running = Task.CompletedTask;
    private bool _wasWell;
    private int _restarts;

    public IResource Resource => resource;

    public string Id => id;

    public EngineProgram Program => program;

    /// <summary>Services first and servers after them: twice this is less than the five seconds in which all must be gone.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2.2);

    /// <summary>Starts keeping it running, and returns at once.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            if (_keepRunning is not null)
                return;
            _keepRunning = new CancellationTokenSource();
            _running = KeepRunningAsync(_keepRunning.Token);
        }
        finally
        {
            _commands.Release();
        }
    }

    /// <summary>Stops it, and returns when it has ended.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _commands.WaitAsync(cancellationToken);
        try
        {
            if (_keepRunning is null)
                return;
            await _keepRunning.CancelAsync();
            await _running;
            _keepRunning.Dispose();
            _keepRunning = null;
        }
        finally
        {
            _commands.Release();
        }
    }

    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        await StopAsync(cancellationToken);
        await StartAsync(cancellationToken);
    }

    public void Dispose()
    {
        _keepRunning?.Dispose();
        _commands.Dispose();
    }

    private async Task KeepRunningAsync(CancellationToken cancellationToken)
    {
        try
        {
            await WaitForDependenciesAsync(cancellationToken);
            var deaths = 0;
            while (true)
            {
                var lived = await RunOnceAsync(cancellationToken);
                deaths = lived > Settled ? 1 : deaths + 1;
                if (!_wasWell && deaths >= FirstAttempts)
                    throw new EngineFailure($"{id} will not start: {LastWords()}");
                _restarts++;
                var pause = Pauses[Math.Min(deaths, Pauses.Length) - 1];
                logs.Write(id, FormattableString.Invariant($"It ended, and is started again in {pause.TotalSeconds} s."), isError: true);
                await Task.Delay(pause, clock, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            Publish(snapshot => snapshot with { State = KnownResourceStates.Finished, HealthStatus = null });
        }
#pragma warning disable CA1031 // Whatever it is, nobody else would learn of it: everybody who waits for this resource must.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Publish(snapshot => (snapshot with { State = KnownResourceStates.FailedToStart, HealthStatus = null }).With(LocalEngine.FailureProperty, e is DistributedApplicationException ? e.Message : $"{id} will not start: {e.Message}"));
        }
    }

    private async Task WaitForDependenciesAsync(CancellationToken cancellationToken)
    {
        Publish(snapshot => snapshot with { State = KnownResourceStates.Waiting });
        foreach (var wait in resource.Annotations.OfType<WaitAnnotation>())
            await notifications.WaitForResourceHealthyAsync(wait.Resource.Name, cancellationToken);
    }

    /// <summary>Runs it until it dies, and returns how long it lived.</summary>
    private async Task<TimeSpan> RunOnceAsync(CancellationToken cancellationToken)
    {
        Publish(snapshot => snapshot with { State = KnownResourceStates.Starting, ExitCode = null });
        var start = await program.PrepareAsync(cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var started = clock.GetTimestamp();
        using var child = await ChildProcess.StartAsync(start, (line, isError) => logs.Write(id, line, isError));
        var variables = (program as ProjectProgram)?.Environment ?? new Dictionary<string, string?>();
        Publish(snapshot => (snapshot with
        {
            State = KnownResourceStates.Running,
            HealthStatus = HealthStatus.Unhealthy,
            EnvironmentVariables = [.. variables.OrderBy(variable => variable.Key).Select(variable => new EnvironmentVariableSnapshot(variable.Key, variable.Value, true))],
            Urls = [new UrlSnapshot("http", program.Url, false)],
        }).With("executable.pid", child.Id).With(LocalEngine.RestartsProperty, _restarts));

        using var watching = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watch = WatchHealthAsync(started, watching.Token);
        try
        {
            await await Task.WhenAny(child.Exited.WaitAsync(cancellationToken), watch);
        }
        finally
        {
            await watching.CancelAsync();
            if (!child.Exited.IsCompleted)
            {
                Publish(snapshot => snapshot with { State = KnownResourceStates.Stopping, HealthStatus = null });
                await child.StopAsync(program.StopSignal, Grace, clock);
            }
        }

        var exitCode = await child.Exited;
        await child.DrainAsync(clock);
        Publish(snapshot => snapshot with { State = KnownResourceStates.Exited, HealthStatus = null, ExitCode = exitCode });
        return clock.GetElapsedTime(started);
    }

    /// <summary>Returns only by an exception: that it was cancelled, or that the program did not become well in time.</summary>
    private async Task<int> WatchHealthAsync(long started, CancellationToken cancellationToken)
    {
        while (true)
        {
            var isWell = await program.IsWellAsync(cancellationToken);
            _wasWell |= isWell;
            cancellationToken.ThrowIfCancellationRequested();
            Publish(snapshot => snapshot.State?.Text == KnownResourceStates.Running
                ? snapshot with { HealthStatus = isWell ? HealthStatus.Healthy : HealthStatus.Unhealthy }
                : snapshot);
            if (!_wasWell && clock.GetElapsedTime(started) > StartLimit)
                throw new EngineFailure($"{id} runs, but is not well after {StartLimit.TotalMinutes} minutes: {LastWords()}");
            await Task.Delay(isWell ? LooksEvery : LooksEveryAtStart, clock, cancellationToken);
        }
    }

    private string LastWords()
    {
        var lines = logs.Tail(id, LastLines);
        return lines.Count == 0 ? "it wrote nothing." : string.Join(Environment.NewLine, lines.Select(line => line.Content).Prepend("its last lines were"));
    }

    private void Publish(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => notifications.Publish(resource, id, change);
}
