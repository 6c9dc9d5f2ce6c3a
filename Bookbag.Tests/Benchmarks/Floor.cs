using System.Diagnostics;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>An Edge of its own whose Inbound is a <see cref="FloorServer"/>.</summary>
internal sealed class Floor : IAsyncDisposable
{
    private readonly Process _server;
    private readonly Process _edge;

    private Floor(Process server, Process edge, Uri address)
    {
        _server = server;
        _edge = edge;
        Address = address;
    }

    /// <summary>The Edge's.</summary>
    public Uri Address { get; }

    /// <summary>How long its Edge has used a processor.</summary>
    public TimeSpan EdgeTime => ProcessorTime.Of(_edge.Id);

    /// <summary>How long its server has used a processor.</summary>
    public TimeSpan ServerTime => ProcessorTime.Of(_server.Id);

    /// <param name="mode">The floor server's.</param>
    /// <param name="product">Whose Postgres and Redis it uses.</param>
    public static async Task<Floor> StartAsync(string mode, Product product)
    {
        var (serverPort, edgePort) = (LoopbackPort.Free(), LoopbackPort.Free());
        var connectionString = (await product.App.GetConnectionStringAsync("bookbag"))!;
        var server = Start(typeof(FloorServer).Assembly.Location, ["floor", mode], new()
        {
            ["ConnectionStrings__bookbag"] = connectionString,
            ["ConnectionStrings__redis"] = await product.App.GetConnectionStringAsync("redis"),
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{serverPort}",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
        });
        var edge = Start(Path.Combine(AppContext.BaseDirectory, "Bookbag.Edge.dll"), [], new()
        {
            ["ConnectionStrings__bookbag"] = connectionString,
            ["ConnectionStrings__redis"] = await product.App.GetConnectionStringAsync("redis"),
            ["services__inbound__http__0"] = $"http://127.0.0.1:{serverPort}",
            ["services__outbound__http__0"] = $"http://127.0.0.1:{serverPort}",
            ["services__sandbox__http__0"] = $"http://127.0.0.1:{serverPort}",
            ["ASPNETCORE_URLS"] = $"http://127.0.0.1:{edgePort}",
            ["ASPNETCORE_ENVIRONMENT"] = "Development",
        });
        var floor = new Floor(server, edge, new Uri($"http://127.0.0.1:{edgePort}"));
        try
        {
            await AliveAsync(new Uri($"http://127.0.0.1:{serverPort}"));
            await AliveAsync(floor.Address);
            return floor;
        }
        catch
        {
            await floor.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in (Process[])[_edge, _server])
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    private static Process Start(string assembly, string[] args, Dictionary<string, string?> environment)
    {
        var start = new ProcessStartInfo("dotnet", [assembly, .. args]) { RedirectStandardOutput = true, WorkingDirectory = Path.GetDirectoryName(assembly)! };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        return process;
    }

    private static async Task AliveAsync(Uri address)
    {
        using var http = new HttpClient();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(address, "/alive"), patience.Token);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
        }
    }
}
