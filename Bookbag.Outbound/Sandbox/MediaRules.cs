using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Meta's rules for media: an uploaded object's id or a link, and a caption where the kind has one. Pure.</summary>
internal static class MediaRules
{
    private const int MostCaption = 1024;

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
