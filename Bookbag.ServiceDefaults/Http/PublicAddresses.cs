using System.Net;
using System.Net.Sockets;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>Keeps requests to addresses that a customer typed away from networks that are not the customer's: ours.</summary>
public static class PublicAddresses
{
    private static readonly IPNetwork[] NotPublic =
    [
        .. """
           0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16
           198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4
           """.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(IPNetwork.Parse),
    ];

    // What is handed out to networks of the internet. All else is loopback, local, reserved, or a way around these rules.
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    private static readonly IPNetwork[] NotPublicOfIPv6 =
    [
        .. "2001::/23 2001:db8::/32 3fff::/20".Split(' ').Select(IPNetwork.Parse),
    ];

    // 6to4 carries the IPv4 address that it leads to in bytes 2 to 5, NAT64 in the last four.
    private static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    private static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96");

    /// <summary>Whether an address is one of the public internet: not private, loopback, link-local (where clouds keep their metadata), shared, multicast or reserved.</summary>
    public static bool IsPublic(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return !NotPublic.Any(network => network.Contains(address));
        if (SixToFour.Contains(address))
            return IsPublic(Embedded(address, 2));
        if (Nat64.Contains(address))
            return IsPublic(Embedded(address, 12));
        return GlobalUnicast.Contains(address) && !NotPublicOfIPv6.Any(network => network.Contains(address));
    }

    /// <summary>
    /// A handler that connects to public addresses only. A name is looked up here, and what is checked is what is connected to: a name that leads elsewhere
    /// the next time gains nothing. It follows no redirects and takes no proxy.
    /// </summary>
    /// <param name="allowLoopback">For development, where what is called runs on the same machine.</param>
    /// <param name="connectTimeout">How long connecting may take.</param>
    public static SocketsHttpHandler CreateHandler(bool allowLoopback, TimeSpan connectTimeout) => new()
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ConnectTimeout = connectTimeout,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
        // No trace header leaves the house.
        ActivityHeadersPropagator = null,
        ConnectCallback = (context, cancellationToken) => ConnectAsync(context.DnsEndPoint, allowLoopback, cancellationToken),
    };

    private static async ValueTask<Stream> ConnectAsync(DnsEndPoint endPoint, bool allowLoopback, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(endPoint.Host, cancellationToken);
        var allowed = addresses.Where(address => IsPublic(address) || (allowLoopback && IPAddress.IsLoopback(address))).ToArray();
        if (allowed.Length == 0)
            throw new AddressRefusedException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(allowed, endPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static IPAddress Embedded(IPAddress address, int at)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return new IPAddress(bytes.Slice(at, 4));
    }
}

/// <summary>
/// A request was about to go to an address that is not one of the public internet. Does not say which: the answer would be a map of the network.
/// It comes as what an <see cref="HttpRequestException"/> was caused by.
/// </summary>
public sealed class AddressRefusedException() : IOException("The name leads to no public address.");
