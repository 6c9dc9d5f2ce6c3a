using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.OutgoingWebhooks;

/// <summary>How other systems are told what happens.</summary>
public sealed class OutgoingWebhookOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "OutgoingWebhooks";

    /// <summary>Whether addresses on this machine are allowed, over HTTP too. Counts in development only.</summary>
    public bool AllowLoopback { get; set; }

    /// <summary>To how many webhooks a replica delivers at the same time; 0 for one that leaves them to the others.</summary>
    [Range(0, 1000)]
    public int MaxConcurrency { get; set; } = 16;

    /// <summary>How long one call may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker owns a webhook without a sign of life: longer than a call may take.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the queue is looked at when nothing wakes the worker up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the log is kept.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "365.00:00:00")]
    public TimeSpan KeepLog { get; set; } = TimeSpan.FromDays(30);
}
