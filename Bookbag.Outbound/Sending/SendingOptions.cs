using System.ComponentModel.DataAnnotations;

namespace Bookbag.Outbound.Sending;

/// <summary>How campaigns and single sends go out.</summary>
public sealed class SendingOptions
{
    public const string Section = "Sending";

    /// <summary>Whether this replica sends.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Messages a second of a number with Meta's ordinary throughput, which is 80: replies and what customers write share it. Default: 60.</summary>
    [Range(1, 10_000)]
    public double StandardPerSecond { get; set; } = 60;

    /// <summary>Messages a second of a number with high throughput, which is 1,000. Default: 800.</summary>
    [Range(1, 100_000)]
    public double HighPerSecond { get; set; } = 800;

    /// <summary>Messages a second of a number that is used on a phone as well, which is 20. Default: 15.</summary>
    [Range(1, 1_000)]
    public double LowPerSecond { get; set; } = 15;

    /// <summary>Where Redis is away each replica takes this share of a number's pace: one over how many replicas there may be. Default: a quarter.</summary>
    [Range(0.001, 1)]
    public double ShareWithoutRedis { get; set; } = 0.25;

    /// <summary>Recipients in one transaction at most. Default: 250.</summary>
    [Range(1, 1_000)]
    public int BatchSize { get; set; } = 250;

    /// <summary>Messages at Graph at a time and replica: the throughput times Meta's latency. Default: 2,000.</summary>
    [Range(1, 10_000)]
    public int MaxInFlight { get; set; } = 2_000;

    /// <summary>How long outcomes are gathered before they are written together. Default: 50 milliseconds.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:05")]
    public TimeSpan SettleEvery { get; set; } = TimeSpan.FromMilliseconds(50);

    /// <summary>How long what a replica has begun is its own: longer than a call of Graph may take. Default: 60 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "00:10:00")]
    public TimeSpan Claim { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a status may still tell what became of a message of unknown outcome; then it has failed. Default: 15 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "7.00:00:00")]
    public TimeSpan SettleAfter { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often a message is tried where trying again may help. Default: 8.</summary>
    [Range(1, 20)]
    public int MaxAttempts { get; set; } = 8;

    /// <summary>How often is looked for something to send without being woken up. Default: 1 second.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(1);
}
