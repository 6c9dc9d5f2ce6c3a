using System.Collections.Concurrent;
using System.Net.Sockets;
using Bookbag.AppHost.Embedded;

namespace Bookbag.Tests.Embedded;

/// <summary>The app host as somebody runs it on a console, on data and ports of its own.</summary>
internal sealed class ConsoleSystem : IDisposable
{
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly ChildProcess _process;

    private ConsoleSystem(ChildProcess process, string data, int port, ConcurrentQueue<string> lines)
    {
        _process = process;
        _lines = lines;
        Data = data;
        Port = port;
    }

    public string Data { get; }

    public int Port { get; }

    public int ProcessId => _process.Id;

    public string Output => string.Join('\n', _lines);

    public Task<int> Exited => ExitedAsync();

    /// <summary>The last lines come by a thread of their own, and may come after the end.</summary>
    private async Task<int> ExitedAsync()
    {
        var code = await _process.Exited.WaitAsync(TimeSpan.FromSeconds(Eventually.Patience), TimeProvider.System);
        for (var round = 0; round < 20 && Output.Length == 0; round++)
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System);

        await Task.Delay(TimeSpan.FromMilliseconds(500), TimeProvider.System);
        return code;
    }

    public static string NewData() => Directory.CreateTempSubdirectory("bookbag-console-").FullName;

    public static async Task<ConsoleSystem> StartAsync(string data, int? port = null, params (string Name, string Value)[] environment)
    {
        var edgePort = port ?? FreePort.Any();
        var program = ProgramStart.OfAssembly(typeof(LocalEngine).Assembly.Location);
        var variables = new Dictionary<string, string?>(program.Environment)
        {
            ["BOOKBAG_DATA"] = data,
            ["BOOKBAG_EDGE_PORT"] = $"{edgePort}",
            ["ASPNETCORE_URLS"] = $"http://localhost:{FreePort.Any()}",
        };
        foreach (var (name, value) in environment)
            variables[name] = value;
        var lines = new ConcurrentQueue<string>();
        var process = await ChildProcess.StartAsync(program with { Environment = variables }, (line, _) => lines.Enqueue(line));
        return new ConsoleSystem(process, data, edgePort, lines);
    }

    public Task ReadyAsync() => Eventually.TrueAsync(
        () => _process.Exited.IsCompleted ? throw new InvalidOperationException($"It ended:\n{Output}") : Output.Contains("Ready in", StringComparison.Ordinal),
        "the console says that it is ready");

    public void Send(Signal signal) => _process.Send(signal);

    /// <summary>Ends the app host alone, as <c>kill -9</c> does.</summary>
    public void KillAlone()
    {
        using var kill = System.Diagnostics.Process.Start("kill", ["-9", $"{_process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>The address of the resources page, as the console says it.</summary>
    public Uri Page => new(_lines.Select(line => line.Split("Resources and logs: ")).First(parts => parts.Length == 2)[1]);

    /// <summary>Every process that works on this system's data, wherever it hangs in the tree.</summary>
    public IReadOnlyList<string> Processes() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Where(directory => int.TryParse(Path.GetFileName(directory), out _))
            .Where(directory => Read(directory, "cmdline").Contains(Data, StringComparison.Ordinal) || Read(directory, "environ").Contains($"BOOKBAG_DATA={Data}", StringComparison.Ordinal))
            .Select(directory => $"{Path.GetFileName(directory)} {Read(directory, "cmdline").Replace('\0', ' ')}"),
    ];

    public async Task<bool> IsListeningAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("localhost", Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Dispose()
    {
        if (!_process.Exited.IsCompleted)
            _process.Send(Signal.Kill);
        _process.Dispose();
    }

    private static string Read(string process, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
