using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Webhooks;

/// <summary>How long the webhook log keeps what Meta sent.</summary>
public sealed class WebhookLogOptions
{
    public const string Section = "WebhookLog";

    /// <summary>Days that a webhook can be looked at and replayed. Meta repeats one for seven days.</summary>
    [Range(7, 3650)]
    public int RetentionDays { get; set; } = 30;
}
