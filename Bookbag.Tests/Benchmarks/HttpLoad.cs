using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A frugal HTTP/1.1 load generator over plain sockets: it shares the machine with what it measures, so it costs as little as it can.</summary>
public sealed class HttpLoad(Uri target, int connections)
{
    /// <summary>Makes the bytes of one POST, to be sent as they are.</summary>
    public static byte[] Post(Uri target, byte[] body, string signature)
    {
        var head = $"POST {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    /// <summary>Sends every request once, as fast as the answers come, or at a steady rate.</summary>
    /// <param name="requests">From <see cref="Post"/>.</param>
    /// <param name="perSecond">The rate; null for as fast as possible. Latency then counts from the time at which a request was due, not from when a connection was free.</param>
    public async Task<LoadResult> RunAsync(IReadOnlyList<byte[]> requests, double? perSecond, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var latencies = new double[requests.Count];
        var failures = 0;
        var next = -1;
        var started = clock.GetTimestamp();

        async Task ConnectionAsync()
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, target.Port, cancellationToken);
            var buffer = new byte[16 * 1024];
            while (true)
            {
                var index = Interlocked.Increment(ref next);
                if (index >= requests.Count)
                    return;

                var due = clock.GetElapsedTime(started);
                if (perSecond is { } rate)
                {
                    due = TimeSpan.FromSeconds(index / rate);
                    var wait = due - clock.GetElapsedTime(started);
                    if (wait > TimeSpan.Zero)
                        await Task.Delay(wait, clock, cancellationToken);
                }

                await socket.SendAsync(requests[index], cancellationToken);
                if (await ReadStatusAsync(socket, buffer, cancellationToken) != 200)
                    Interlocked.Increment(ref failures);
                latencies[index] = (clock.GetElapsedTime(started) - due).TotalMilliseconds;
            }
        }

        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(ConnectionAsync, cancellationToken)));
        var elapsed = clock.GetElapsedTime(started);
        Array.Sort(latencies);
        return new LoadResult(requests.Count, failures, elapsed, Percentile(latencies, 0.5), Percentile(latencies, 0.95), Percentile(latencies, 0.99));
    }

    /// <summary>The value below which that share of the sorted values lies.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(sorted.Count * share) - 1)];

    /// <summary>Reads one answer to its end: status line, headers, and a body of known length or in chunks.</summary>
    private static async Task<int> ReadStatusAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        var have = 0;
        while (true)
        {
            var read = await socket.ReceiveAsync(buffer.AsMemory(have), cancellationToken);
            if (read == 0)
                throw new IOException("The server closed the connection in the middle of an answer.");
            have += read;
            var headers = buffer.AsSpan(0, have).IndexOf("\r\n\r\n"u8);
            if (headers >= 0 && IsComplete(buffer.AsSpan(0, have), headers))
                return Utf8Parser.TryParse(buffer.AsSpan(9, 3), out int status, out _) ? status : 0;
        }
    }

    private static bool IsComplete(ReadOnlySpan<byte> answer, int headers)
    {
        var head = answer[..headers];
        var length = head.IndexOf("Content-Length: "u8);
        if (length < 0)
            length = head.IndexOf("content-length: "u8);
        if (length >= 0)
            return Utf8Parser.TryParse(head[(length + 16)..], out int bytes, out _) && answer.Length >= headers + 4 + bytes;
        return answer.EndsWith("0\r\n\r\n"u8);
    }
}

/// <summary>What a load run measured; latencies in milliseconds.</summary>
public sealed record LoadResult(int Requests, int Failures, TimeSpan Elapsed, double P50, double P95, double P99)
{
    public double PerSecond => Requests / Elapsed.TotalSeconds;
}
