using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Webhooks;

/// <summary>How the webhook log is applied.</summary>
public sealed class DeliveryProcessorOptions
{
    public const string Section = "Deliveries";

    /// <summary>The most deliveries applied by one transaction.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 500;

    /// <summary>How often a delivery that fails alone is tried before its items are applied one by one, and those that fail are rejected.</summary>
    [Range(1, 100)]
    public int MaxAttempts { get; set; } = 3;

    /// <summary>The wait after a delivery failed alone the first time; it doubles.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long what has been acknowledged may wait at most, while webhooks come in crowds, for the acknowledging of others.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan MaxRest { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How often the queue is looked at when nothing wakes the processor up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(1);
}
