using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Media;

/// <summary>How files of messages are fetched, kept and read.</summary>
public sealed class MediaOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Media";

    /// <summary>How many files a replica moves at the same time.</summary>
    [Range(1, 64)]
    public int MaxConcurrency { get; set; } = 4;

    /// <summary>How long a worker may take over one; then another takes it for dead. Longer than <c>Graph:MediaTimeout</c>.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "01:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How often is looked for work when nothing wakes the worker up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>The largest picture, voice note, film or sticker that is fetched, in MB.</summary>
    [Range(1, 100)]
    public int LargestMegabytes { get; set; } = 16;

    /// <summary>The largest document that is fetched, in MB: Meta passes on no larger one than 100.</summary>
    [Range(1, 100)]
    public int LargestDocumentMegabytes { get; set; } = 100;

    /// <summary>How many days a file is kept.</summary>
    [Range(1, 3_650)]
    public int RetentionDays { get; set; } = 90;
}
