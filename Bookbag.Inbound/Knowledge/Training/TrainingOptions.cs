using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Knowledge.Training;

/// <summary>How sources are read.</summary>
public sealed class TrainingOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Training";

    /// <summary>How many sources a replica reads at the same time; 0 for one that leaves them to the others.</summary>
    [Range(0, 64)]
    public int MaxConcurrency { get; set; } = 2;

    /// <summary>How long a worker owns a source without a sign of life: longer than a page or a file may take.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long reading a file may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan FileTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How often the queue is looked at when nothing wakes the worker up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(2);
}
