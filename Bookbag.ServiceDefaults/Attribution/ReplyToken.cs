using System.Globalization;

namespace Bookbag.ServiceDefaults.Attribution;

/// <summary>What a quick-reply button of a template carries, and brings back when it is tapped: whose message it was on.</summary>
public static class ReplyToken
{
    private const string Prefix = "recipient:";

    /// <summary>The payload of a button.</summary>
    public static string Of(Guid recipientId, int button) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{recipientId}:{button}");

    /// <summary>The recipient; null for a payload of somebody else's.</summary>
    public static Guid? Parse(string? payload) =>
        payload is not null && payload.StartsWith(Prefix, StringComparison.Ordinal) && Guid.TryParse(payload.AsSpan(Prefix.Length).Slice(0, Math.Min(36, payload.Length - Prefix.Length)), out var id)
            ? id
            : null;
}
