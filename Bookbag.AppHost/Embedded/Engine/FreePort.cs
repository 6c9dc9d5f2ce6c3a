using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace Bookbag.AppHost.Embedded;

/// <summary>Ports for what the engine starts.</summary>
internal static class FreePort
{
    /// <summary>A port that nobody listens on, below those that the system gives to outgoing connections.</summary>
    public static int Any()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            if (IsFree(port))
                return port;
        }
    }

    public static bool IsFree(int port) => CanListen(IPAddress.Loopback, port) && (!Socket.OSSupportsIPv6 || CanListen(IPAddress.IPv6Loopback, port));

    private static bool CanListen(IPAddress address, int port)
    {
        try
        {
            using var listener = new TcpListener(address, port);
            listener.Start();
            return true;
        }
        catch (SocketException e)
        {
            // A machine without the address has nobody listening on it either.
            return e.SocketErrorCode is SocketError.AddressNotAvailable or SocketError.AddressFamilyNotSupported;
        }
    }
}
