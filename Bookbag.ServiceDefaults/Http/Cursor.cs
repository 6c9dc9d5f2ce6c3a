using System.Buffers.Binary;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>Where a page ended: the last row's time and id. Clients send it back as they got it; as a parameter of a handler it reads itself.</summary>
/// <param name="At">The time by which the list is sorted.</param>
/// <param name="Id">The id that orders rows of one time.</param>
public readonly record struct Cursor(DateTimeOffset At, Guid Id) : IParsable<Cursor>
{
    private const int Length = sizeof(long) + 16;

    /// <summary>Where a list begins that shows the latest first.</summary>
    public static Cursor BeforeAll { get; } = new(DateTimeOffset.MaxValue, Guid.AllBitsSet);

    /// <summary>The opaque text.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        BinaryPrimitives.WriteInt64BigEndian(bytes, At.UtcTicks);
        Id.TryWriteBytes(bytes[sizeof(long)..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <inheritdoc />
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Cursor result)
    {
        result = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (s is null || s.Length != Base64Url.GetEncodedLength(Length) || !Base64Url.IsValid(s, out var length) || length != Length)
            return false;
        Base64Url.DecodeFromChars(s, bytes);
        var ticks = BinaryPrimitives.ReadInt64BigEndian(bytes);
        if (ticks < DateTimeOffset.MinValue.Ticks || ticks > DateTimeOffset.MaxValue.Ticks)
            return false;
        result = new Cursor(new DateTimeOffset(ticks, TimeSpan.Zero), new Guid(bytes[sizeof(long)..]));
        return true;
    }

    /// <inheritdoc />
    public static Cursor Parse(string s, IFormatProvider? provider) =>
        TryParse(s, provider, out var result) ? result : throw new FormatException("Not a cursor.");
}
