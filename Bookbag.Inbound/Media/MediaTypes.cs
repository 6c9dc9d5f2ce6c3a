using System.Collections.Frozen;

namespace Bookbag.Inbound.Media;

/// <summary>Which files WhatsApp takes, and which a browser may show.</summary>
public static class MediaTypes
{
    /// <summary>The largest file that goes out.</summary>
    public const long Largest = 100 * Megabyte;

    private const long Megabyte = 1024 * 1024;

    private static readonly FrozenDictionary<string, string> Kinds = new (string Kind, string[] Types)[]
    {
        ("image", ["image/jpeg", "image/png"]),
        ("audio", ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"]),
        ("video", ["video/mp4", "video/3gpp"]),
        ("sticker", ["image/webp"]),
        ("document", ["text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"]),
    }.SelectMany(kind => kind.Types, (kind, type) => KeyValuePair.Create(type, kind.Kind)).ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);

    // Shown in the page; whatever else came, with whatever type its sender gave it, is only ever saved. No SVG, no HTML, no PDF: they can hold scripts.
    private static readonly FrozenSet<string> Shown = new[]
    {
        "image/jpeg", "image/png", "image/webp", "image/gif", "audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg", "video/mp4", "video/3gpp",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>As what WhatsApp sends a file of that type; null for one that it does not take.</summary>
    public static string? KindOf(string? mimeType) => mimeType is null ? null : Kinds.GetValueOrDefault(Bare(mimeType));

    /// <summary>The types WhatsApp takes, in words.</summary>
    public static string All => string.Join(", ", Kinds.Keys.Order(StringComparer.Ordinal));

    /// <summary>How many bytes a file of that kind may have to be sent.</summary>
    public static long LimitOf(string kind) => kind switch
    {
        "image" => 5 * Megabyte,
        "sticker" => 500 * 1024,
        "document" => Largest,
        _ => 16 * Megabyte,
    };

    /// <summary>The type that a browser is told, and whether it may show the file.</summary>
    public static (string Type, bool Inline) Safe(string? mimeType) =>
        mimeType is not null && Shown.TryGetValue(Bare(mimeType), out var known) ? (known, true) : ("application/octet-stream", false);

    /// <summary>A type without its parameters: <c>audio/ogg; codecs=opus</c>.</summary>
    private static string Bare(string mimeType) => mimeType.Split(';')[0].Trim();
}
