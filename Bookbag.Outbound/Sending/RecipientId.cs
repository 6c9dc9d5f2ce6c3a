using System.Buffers.Binary;

namespace Bookbag.Outbound.Sending;

/// <summary>A campaign's recipients are numbered: the campaign's id with the position in the last 48 bits. Made in any order, by anybody, any number of times, they are the same.</summary>
public static class RecipientId
{
    /// <summary>The same in SQL, of <c>@campaign</c> and a column <c>position</c>. Ids of one campaign are in the order of their positions.</summary>
    public const string Sql = "(left(@campaign::text, 24) || lpad(to_hex(position), 12, '0'))::uuid";

    /// <summary>
    /// Whether a recipient under the alias <c>r</c> is of the campaign under the alias <c>c</c>, by its id: a range of the primary key. By the column alone
    /// all recipients that the channel ever had would be read.
    /// </summary>
    public const string OfCampaignSql = """
        r.channel_id = c.channel_id AND r.campaign_id = c.id
        AND r.id BETWEEN (left(c.id::text, 24) || '000000000000')::uuid AND (left(c.id::text, 24) || 'ffffffffffff')::uuid
        """;

    /// <summary>The same of the campaign <c>@campaign</c> of <c>@channel</c>, for a statement about one: <c>@first</c> and <c>@last</c> are <see cref="RangeOf"/>.</summary>
    public const string InRangeSql = "r.channel_id = @channel AND r.campaign_id = @campaign AND r.id BETWEEN @first AND @last";

    private const long LastPosition = 0xFFFF_FFFF_FFFF;

    /// <summary>Between which ids all recipients of a campaign are.</summary>
    public static (Guid First, Guid Last) RangeOf(Guid campaignId) => (Of(campaignId, 0), Of(campaignId, LastPosition));

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
