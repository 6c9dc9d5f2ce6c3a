using System.Net.Sockets;
using System.Text;
using Aspire.Hosting.ApplicationModel;

namespace Bookbag.AppHost.Embedded;

/// <summary>Runs a Redis server of the system's own: on loopback, behind a random password, durable in its data directory.</summary>
internal sealed class RedisProgram(RedisResource resource, DataDirectory data) : EngineProgram
{
    private string Password => resource.PasswordParameter!.Value; // the resource always has one

    public override string Url => $"redis://localhost:{resource.PrimaryEndpoint.Port}";

    public override Task<ProgramStart> PrepareAsync(CancellationToken cancellationToken)
    {
        string[] options =
        [
            "--bind", "127.0.0.1", "--port", $"{resource.PrimaryEndpoint.Port}", "--auth", "Password", "--password", Password,
            // Scripts are atomic only with both.
            "--lua", "--lua-transaction-mode",
            // Durable: answered when written. The default device loses data in silence where libaio is missing.
            "--aof", "--aof-commit-wait", "--recover", "--device-type", "RandomAccess", "--checkpointdir", data.PathOf("redis"),
            // A checkpoint now and then keeps the append-only file short, whose pages must hold at least two of memory.
            "--checkpoint-freq", "600", "--memory", "512m", "--page", "4m", "--index", "16m",
            "--aof-memory", "32m", "--aof-page-size", "8m", "--aof-segment-size", "64m",
            "-q",
        ];
        var host = ProgramStart.OfAssembly(typeof(RedisHost).Assembly.Location, RedisHost.Argument);
        return Task.FromResult(host with
        {
            Environment = new Dictionary<string, string?>(host.Environment) { [RedisHost.OptionsVariable] = string.Join('\n', options) },
        });
    }

    public override async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", resource.PrimaryEndpoint.Port, cancellationToken);
            await using var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"*2\r\n$4\r\nAUTH\r\n${Password.Length}\r\n{Password}\r\n*1\r\n$4\r\nPING\r\n"), cancellationToken);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await reader.ReadLineAsync(cancellationToken) == "+OK" && await reader.ReadLineAsync(cancellationToken) == "+PONG";
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
