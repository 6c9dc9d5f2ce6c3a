using System.ComponentModel.DataAnnotations;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>What a customer writes.</summary>
public sealed record CustomerWrites
{
    /// <summary>The number written to; the demo number when left out.</summary>
    public string? PhoneNumberId { get; init; }

    /// <summary>Meta's message type; <c>text</c> when left out.</summary>
    [RegularExpression("^[a-z_]{1,40}$")]
    public string Type { get; init; } = "text";

    /// <summary>The words: of a text, the caption of media, the label of a button, the emoji of a reaction.</summary>
    [MaxLength(65_536)]
    public string? Text { get; init; }

    /// <summary>The file of an image, video, audio, document or sticker; a small sample when left out.</summary>
    public CustomerFile? File { get; init; }

    /// <summary>The object that Meta names as the type; a sample when left out.</summary>
    public JsonElement? Content { get; init; }

    /// <summary>The whole message object in Meta's shape; <c>from</c>, <c>id</c> and <c>timestamp</c> are added where it has none.</summary>
    public JsonElement? Raw { get; init; }

    /// <summary>The customer's profile name.</summary>
    [StringLength(200)]
    public string? Name { get; init; }

    /// <summary>The customer's username.</summary>
    [StringLength(100)]
    public string? Username { get; init; }

    /// <summary>The customer's business-scoped user id; one is made up when left out.</summary>
    [RegularExpression("^[A-Z]{2}\\.[A-Za-z0-9.]{1,140}$")]
    public string? UserId { get; init; }

    /// <summary>Whether webhooks leave the phone number out, as for customers with a username.</summary>
    public bool? HidePhone { get; init; }

    /// <summary>Meta's timestamp in seconds since 1970; now when left out. The window counts from it.</summary>
    [Range(0, 100_000_000_000)]
    public long? Timestamp { get; init; }

    /// <summary>The id of the business's message that this one quotes or answers.</summary>
    [StringLength(300)]
    public string? Context { get; init; }
}

/// <summary>A file that a customer sends.</summary>
public sealed record CustomerFile
{
    /// <summary>Its bytes.</summary>
    [MaxLength(100 * 1024 * 1024)]
    public required byte[] Bytes { get; init; }

    /// <summary>Its type.</summary>
    [StringLength(200, MinimumLength = 3)]
    public required string MimeType { get; init; }

    /// <summary>Its name; of documents.</summary>
    [StringLength(240)]
    public string? Filename { get; init; }
}
