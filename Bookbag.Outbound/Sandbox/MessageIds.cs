using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Makes message ids that look like Meta's and are never given twice, not even after a restart.</summary>
internal sealed class MessageIds(TimeProvider clock)
{
    private long _last;

    /// <summary>The id of a message to a customer.</summary>
    public string Outgoing(string customer) => Wamid(customer, 0x11, "2B" + Next().ToString("X16", CultureInfo.InvariantCulture));

    /// <summary>The id of a message from a customer.</summary>
    public string Incoming(string customer) => Wamid(customer, 0x12, "3A2B" + Next().ToString("X16", CultureInfo.InvariantCulture));

    /// <summary>The id of a media object.</summary>
    public string Media() => Next().ToString(CultureInfo.InvariantCulture);

    /// <summary>What Graph calls <c>fbtrace_id</c>.</summary>
    public string Trace()
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, Next());
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], Next());
        return "A" + Convert.ToBase64String(bytes).TrimEnd('=').Replace('/', '_').Replace('+', '-');
    }

    // The clock's ticks, so that a sandbox that starts anew does not repeat ids that the product's database already knows.
    private long Next()
    {
        while (true)
        {
            var last = Volatile.Read(ref _last);
            var next = Math.Max(last + 1, clock.GetUtcNow().UtcTicks);
            if (Interlocked.CompareExchange(ref _last, next, last) == last)
                return next;
        }
    }

    // wamid.HBgLMTY1MDU1NTEyMzQVAgARGBI…: base64 of 1C 18 <length> <number> 15 02 00 <direction> 18 <length> <hex> 00.
    private static string Wamid(string customer, byte direction, string unique)
    {
        Span<byte> bytes = stackalloc byte[256];
        var number = customer.AsSpan(0, Math.Min(customer.Length, 128));
        bytes[0] = 0x1c;
        bytes[1] = 0x18;
        bytes[2] = (byte)number.Length;
        var at = 3 + Encoding.ASCII.GetBytes(number, bytes[3..]);
        ReadOnlySpan<byte> middle = [0x15, 0x02, 0x00, direction, 0x18, (byte)unique.Length];
        middle.CopyTo(bytes[at..]);
        at += middle.Length;
        at += Encoding.ASCII.GetBytes(unique, bytes[at..]);
        bytes[at++] = 0;
        return "wamid." + Convert.ToBase64String(bytes[..at]);
    }
}
