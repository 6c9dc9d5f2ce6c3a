using System.Buffers.Binary;

namespace Bookbag.Outbound.Sending;

/// <summary>A campaign's recipients are numbered: the campaign's id with the position in the last 48 bits. Made in any order, by anybody, any number of times, they are the same.</summary>
public static class RecipientId
{
    /// <summary>The same in SQL, of <c>@campaign</c> and a column <c>position</c>. Ids of one campaign are in the order of their positions.</summary>
    public const string Sql = "(left(@campaign::text, 24) || lpad(to_hex(position), 12, '0'))::uuid";

    /// <summary>The recipient at a position, from 1; at 0 none is.</summary>
    public static Guid Of(Guid campaignId, long position)
    {
        Span<byte> bytes = stackalloc byte[16];
        campaignId.TryWriteBytes(bytes, bigEndian: true, out _);
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(number, position);
        number[2..].CopyTo(bytes[10..]);
        return new Guid(bytes, bigEndian: true);
    }
}
