using System.Net;
using System.Net.Sockets;

namespace Bookbag.Edge.Gateway;

/// <summary>Who a client is to the rate limits when it has not said.</summary>
public static class ClientAddress
{
    /// <summary>The address, for IPv6 its /64 network: that much is handed to a single customer, who may use all of it.</summary>
    public static IPAddress Of(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? Normalize(address) : IPAddress.None;

    public static IPAddress Normalize(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }
}
