using System.Collections.Concurrent;
using System.Diagnostics;

namespace Bookbag.AppHost.Embedded;

/// <summary>A process that the engine started. It does not outlive the engine, however that ends.</summary>
internal sealed class ChildProcess : IDisposable
{
    private static readonly BlockingCollection<Action> Starts = [];

    private readonly Process _process;
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);

    static ChildProcess()
    {
        // The kernel tells a child of the death of the thread that started it, not of the process. So one thread starts them all, and stays.
        new Thread(StartAll) { IsBackground = true, Name = "child processes" }.Start();

        static void StartAll()
        {
            BatchScheduling.Enter();
            foreach (var start in Starts.GetConsumingEnumerable())
                start();
        }
    }

    private ChildProcess(ProcessStartInfo start, Action<string, bool> onLine)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Report(line.Data, isError: false);
        _process.ErrorDataReceived += (_, line) => Report(line.Data, isError: true);
        _process.Exited += (_, _) => _exited.TrySetResult(_process.ExitCode);

        void Report(string? line, bool isError)
        {
            if (line is not null)
                onLine(line, isError);
        }
    }

    public int Id => _process.Id;

    /// <summary>Completes with the exit code.</summary>
    public Task<int> Exited => _exited.Task;

    /// <param name="program">What to run.</param>
    /// <param name="onLine">Gets each line that it writes, and whether that was to standard error.</param>
    public static async Task<ChildProcess> StartAsync(ProgramStart program, Action<string, bool> onLine)
    {
        var child = new ChildProcess(program.ToStartInfo(), onLine);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Starts.Add(() =>
        {
            try
            {
                child._process.Start();
                started.SetResult();
            }
            catch (Exception e) when (e is System.ComponentModel.Win32Exception or InvalidOperationException)
            {
                started.SetException(new EngineFailure($"{program.FileName} cannot be started: {e.Message}"));
            }
        });
        await started.Task;
        child._process.BeginOutputReadLine();
        child._process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Runs a program to its end.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(ProgramStart program, CancellationToken cancellationToken)
    {
        var lines = new ConcurrentQueue<string>();
        using var child = await StartAsync(program, (line, _) => lines.Enqueue(line));
        await using var stop = cancellationToken.Register(() => child.Send(Signal.Kill));
        await child._process.WaitForExitAsync(cancellationToken);
        return (child._process.ExitCode, string.Join('\n', lines));
    }

    public void Send(Signal signal) => Signals.Send(_process, signal);

    /// <summary>Waits for its last lines, which may come after its end, unless somebody else holds on to its output.</summary>
    public async Task DrainAsync(TimeProvider clock)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(1), clock);
        }
        catch (TimeoutException)
        {
        }
    }

    public void Dispose() => _process.Dispose();

    /// <summary>Asks it to end, and ends it when it does not.</summary>
    public async Task StopAsync(Signal signal, TimeSpan grace, TimeProvider clock)
    {
        Send(signal);
        try
        {
            await _exited.Task.WaitAsync(grace, clock);
        }
        catch (TimeoutException)
        {
            Send(Signal.Kill);
            await _exited.Task;
        }
    }
}
