using System.Net.Sockets;

namespace Bookbag.Edge.Gateway;

/// <summary>How the Edge connects to a replica.</summary>
public static class ReplicaConnection
{
    // Replicas are a network hop away: one that has not answered by then is gone, and the next one can still answer in time.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    /// <summary>Connects, or fails as unreachable: to the callers a machine that swallows packets is as dead as one that refuses.</summary>
    /// <remarks><see cref="SocketsHttpHandler.ConnectTimeout"/> would look like an answer that took too long, which must not be repeated.</remarks>
    public static async ValueTask<Stream> OpenAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(Timeout);
            await socket.ConnectAsync(context.DnsEndPoint, timeout.Token);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
