using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>A file for a message: one that was uploaded to Meta, or one that Meta fetches from a link.</summary>
public readonly record struct MediaSource
{
    private readonly string _value;
    private readonly string _property;

    private MediaSource(string property, string value) => (_property, _value) = (property, value);

    /// <summary>A file at Meta, by its media id.</summary>
    public static MediaSource Id(string id) => new("id", OutgoingMessage.Required(id, "The media id"));

    /// <summary>A file that Meta fetches, and keeps for ten minutes under this link.</summary>
    public static MediaSource Link(Uri link) =>
        link is { IsAbsoluteUri: true } && (link.Scheme == Uri.UriSchemeHttps || link.Scheme == Uri.UriSchemeHttp)
            ? new MediaSource("link", link.AbsoluteUri)
            : throw new ArgumentException("A link to a file begins with https://.", nameof(link));

    internal void Write(Utf8JsonWriter json) =>
        json.WriteString(_property ?? throw new InvalidOperationException("A media source is made by Id or Link."), _value);
}
