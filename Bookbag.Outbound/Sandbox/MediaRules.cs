using System.Globalization;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's rules for media: an uploaded object's id or a link, a caption where the kind has one, and which files are taken. Pure.</summary>
internal static class MediaRules
{
    private const int MostCaption = 1024;
    private const long Megabyte = 1024 * 1024;
    private static readonly string[] Kinds = ["image", "video", "audio", "document", "sticker"];

    private static readonly (long Most, string[] Types)[] Files =
    [
        (5 * Megabyte, ["image/jpeg", "image/png"]),
        (16 * Megabyte, ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"]),
        (16 * Megabyte, ["video/mp4", "video/3gpp"]),
        (500 * 1024, ["image/webp"]),
        (100 * Megabyte, ["text/plain", "application/pdf", "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint",
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            "application/vnd.openxmlformats-officedocument.presentationml.presentation"]),
    ];

    /// <summary>Whether Meta takes a file of that type and length.</summary>
    public static GraphRefusal? CheckFile(string? mimeType, long size)
    {
        var bare = mimeType?.Split(';')[0].Trim() ?? "";
        var rule = Files.FirstOrDefault(file => file.Types.Contains(bare, StringComparer.OrdinalIgnoreCase));
        return rule.Types is null ? GraphRefusal.Parameter($"Param file must be a file with one of the following types: {string.Join(", ", Files.SelectMany(file => file.Types))}. Received file of type '{bare}'.")
            : size > rule.Most ? new GraphRefusal(400, 131053, "Media upload error", $"The file is too large: {size} bytes of type {bare}, of which {rule.Most} are allowed.")
            : null;
    }

    /// <summary>The uploaded objects that a message shows, each with its place: its own, those of an interactive header, those of a template's parameters.</summary>
    public static IEnumerable<(string Place, string Id)> Objects(string name, string place, JsonElement part) => part.ValueKind switch
    {
        JsonValueKind.Object when Kinds.Contains(name) => part.Text("id") is { Length: > 0 } id ? [(place, id)] : [],
        JsonValueKind.Object => part.EnumerateObject().SelectMany(member => Objects(member.Name, $"{place}['{member.Name}']", member.Value)),
        JsonValueKind.Array => part.EnumerateArray().SelectMany((element, i) => Objects(name, string.Create(CultureInfo.InvariantCulture, $"{place}[{i}]"), element)),
        _ => [],
    };

    public static GraphRefusal? Check(string type, JsonElement media, bool captioned)
    {
        var (id, link) = (media.Text("id"), media.Text("link"));
        if (string.IsNullOrEmpty(id) && string.IsNullOrEmpty(link))
            return GraphRefusal.Missing($"{type}['id'] or {type}['link'] is required");
        if (!string.IsNullOrEmpty(id) && !string.IsNullOrEmpty(link))
            return GraphRefusal.InvalidParameter($"Only one of {type}['id'] and {type}['link'] may be given.");
        if (media.Text("caption") is not { } caption)
            return null;
        return captioned ? TextRules.AtMost(caption, $"{type}['caption']", MostCaption) : GraphRefusal.Parameter($"Unexpected key \"caption\" on param \"{type}\".");
    }
}
