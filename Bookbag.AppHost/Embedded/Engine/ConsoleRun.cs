using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Bookbag.AppHost.Embedded;

/// <summary>A run on the console: logs, a table when all is ready, the resources page, and an end by Ctrl-C.</summary>
internal sealed class ConsoleRun(DistributedApplication app)
{
    private readonly IHostApplicationLifetime _lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
    private readonly LocalEngine _engine = app.Services.GetRequiredService<LocalEngine>();
    private readonly DataDirectory _data = app.Services.GetRequiredService<DataDirectory>();
    private readonly ResourceLoggerService _logs = app.Services.GetRequiredService<ResourceLoggerService>();
    private readonly TimeProvider _clock = app.Services.GetRequiredService<TimeProvider>();

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var started = _clock.GetTimestamp();
        var console = new ConsoleLog();
        _logs.Written += console.Write;
        string? failure = null;
        try
        {
            await app.StartAsync(cancellationToken);
            await using var page = await ResourcesPage.StartAsync(app.Services, cancellationToken);
            failure = await UntilStoppedAsync(page, started, cancellationToken);
            Console.WriteLine("Stopping ...");
        }
        catch (DistributedApplicationException e)
        {
            failure = e.Message;
        }
        finally
        {
            await app.StopAsync(CancellationToken.None);
        }

        if (failure is not null)
        {
            await Console.Error.WriteLineAsync(failure);
            Environment.ExitCode = 1;
        }
    }

    /// <summary>Returns why a resource will not start; null when the run was told to stop.</summary>
    private async Task<string?> UntilStoppedAsync(ResourcesPage page, long started, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_lifetime.ApplicationStopping, cancellationToken);
        // A terminal that is closed ends the run like Ctrl-C.
        using var hangup = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            _lifetime.StopApplication();
        });
        var failure = FirstFailureAsync(page, started, stop.Token);
        await Task.WhenAny(failure, ParentWatch.UntilGoneAsync(_clock, stop.Token));
        await stop.CancelAsync();
        return await failure;
    }

    /// <summary>Says when all is ready, and watches on. Returns null when it is cancelled.</summary>
    private async Task<string?> FirstFailureAsync(ResourcesPage page, long started, CancellationToken cancellationToken)
    {
        var announced = false;
        try
        {
            await foreach (var change in app.ResourceNotifications.WatchAsync(cancellationToken))
            {
                if (change.Snapshot.State?.Text == KnownResourceStates.FailedToStart)
                    return $"{change.Snapshot.Property(LocalEngine.FailureProperty)}";
                if (announced || !AllAreWell())
                    continue;
                announced = true;
                Announce(page, _clock.GetElapsedTime(started));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }

        return null;
    }

    private bool AllAreWell() => _engine.Runs
        .Where(run => !run.Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any())
        .All(run => app.ResourceNotifications.TryGetCurrentState(run.Id, out var current) && current.Snapshot.HealthStatus is HealthStatus.Healthy);

    private void Announce(ResourcesPage page, TimeSpan took)
    {
        string[] head = ["resource", "state", "url"];
        List<string[]> rows =
        [
            head,
            .. _engine.Runs.Select(run => new[] { run.Id, KnownResourceStates.Running, run.Program.Url }),
        ];
        var widths = Enumerable.Range(0, head.Length).Select(column => rows.Max(row => row[column].Length)).ToArray();
        Console.WriteLine();
        foreach (var row in rows)
            Console.WriteLine("  " + string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        Console.WriteLine();
        Console.WriteLine($"  Ready in {took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s. Resources and logs: {page.Url}");
        Console.WriteLine($"  Data: {_data.Location}. Ctrl-C stops everything.");
        Console.WriteLine();

        var door = _engine.Runs.FirstOrDefault(run => run.Resource.Annotations.OfType<EndpointAnnotation>().Any(endpoint => endpoint.IsExternal));
        _data.Announce($"{door?.Program.Url}, resources at {page.Url}");
    }
}
