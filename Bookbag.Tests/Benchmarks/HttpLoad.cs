using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A frugal HTTP/1.1 load generator: it shares the machine with what it measures, so it costs as little as it can. One thread has all connections and asks which of them can be read.</summary>
public sealed class HttpLoad(Uri target, int connections)
{
    // What the operating system counts such waits in. Sooner would be not to wait at all, and to take a whole core.
    private static readonly TimeSpan ShortestWait = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TimeProvider _clock = TimeProvider.System;

    /// <summary>Makes the bytes of one POST, to be sent as they are.</summary>
    public static byte[] Post(Uri target, byte[] body, string signature)
    {
        var head = $"POST {target.PathAndQuery} HTTP/1.1\r\nHost: {target.Authority}\r\nContent-Type: application/json\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {body.Length}\r\n\r\n";
        return [.. Encoding.ASCII.GetBytes(head), .. body];
    }

    /// <summary>Sends every request once, as fast as the answers come, or at a steady rate.</summary>
    /// <param name="requests">From <see cref="Post"/>.</param>
    /// <param name="perSecond">The rate; null for as fast as possible. Latency then counts from the time at which a request was due, not from when a connection was free.</param>
    public Task<LoadResult> RunAsync(IReadOnlyList<byte[]> requests, double? perSecond) =>
        Task.Factory.StartNew(() => Run(requests, perSecond), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <summary>The value below which that share of the sorted values lies.</summary>
    public static double Percentile(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)Math.Ceiling(sorted.Count * share) - 1)];

    private LoadResult Run(IReadOnlyList<byte[]> requests, double? perSecond)
    {
        var latencies = new List<double>(requests.Count);
        var (sent, failures) = (0, 0);
        Connection[] all = [.. Enumerable.Range(0, connections).Select(_ => new Connection(target.Port))];
        var free = new Queue<Connection>(all);
        var waiting = new HashSet<Connection>();
        var ready = new List<Connection>(connections);
        var started = _clock.GetTimestamp();
        while (latencies.Count < requests.Count)
        {
            while (TrySend(free))
            {
            }

            ready.Clear();
            ready.AddRange(waiting.Count > 0 ? waiting : all.Take(1)); // with nothing under way any will do to wait on: no server speaks unasked
            var patience = sent < requests.Count && free.Count > 0 ? Due(sent) - _clock.GetElapsedTime(started) : Patience;
            Socket.Select(ready, null, null, patience > ShortestWait ? patience : ShortestWait);
            foreach (var connection in ready)
            {
                if (!connection.TryReadStatus(out var status))
                    continue;
                failures += status == 200 ? 0 : 1;
                latencies.Add((_clock.GetElapsedTime(started) - connection.Due).TotalMilliseconds);
                waiting.Remove(connection);
                free.Enqueue(connection);
                TrySend(free); // at once, not with those of all the others: what arrives in bunches is served in bunches
            }
        }

        var elapsed = _clock.GetElapsedTime(started);
        Array.ForEach(all, connection => connection.Dispose());
        latencies.Sort();
        return new LoadResult(requests.Count, failures, elapsed, Percentile(latencies, 0.5), Percentile(latencies, 0.95), Percentile(latencies, 0.99));

        bool TrySend(Queue<Connection> connections)
        {
            if (sent == requests.Count || connections.Count == 0 || Due(sent) is var due && due > _clock.GetElapsedTime(started))
                return false;
            var connection = connections.Dequeue();
            connection.Ask(requests[sent++], perSecond is null ? _clock.GetElapsedTime(started) : due);
            waiting.Add(connection);
            return true;
        }

        TimeSpan Due(int request) => perSecond is { } rate ? TimeSpan.FromSeconds(request / rate) : TimeSpan.Zero;
    }

    /// <summary>A connection, with one request under way at most.</summary>
    private sealed class Connection : Socket
    {
        private readonly byte[] _answer = new byte[16 * 1024];
        private int _have;

        public Connection(int port) : base(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true;
            Connect(IPAddress.Loopback, port);
        }

        /// <summary>When the request under way was to be sent.</summary>
        public TimeSpan Due { get; private set; }

        public void Ask(byte[] request, TimeSpan due)
        {
            (Due, _have) = (due, 0);
            Send(request); // smaller than what a socket takes at once
        }

        /// <summary>Reads what has come: status line, headers, and a body of known length or in chunks. False while something of it is missing.</summary>
        public bool TryReadStatus(out int status)
        {
            var read = Receive(_answer.AsSpan(_have));
            if (read == 0)
                throw new IOException("The server closed the connection in the middle of an answer.");
            _have += read;
            status = 0;
            var answer = _answer.AsSpan(0, _have);
            var headers = answer.IndexOf("\r\n\r\n"u8);
            return headers >= 0 && IsComplete(answer, headers) && Utf8Parser.TryParse(answer[9..12], out status, out _);
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
