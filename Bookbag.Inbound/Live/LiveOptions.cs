using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Live;

/// <summary>How live updates are streamed.</summary>
public sealed class LiveOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Live";

    /// <summary>How many streams a member or key may have open at one replica: browser tabs, mostly.</summary>
    [Range(1, 1000)]
    public int MaxStreamsOfCaller { get; set; } = 10;

    /// <summary>How often a stream says something when nothing happens, so that nobody on the way takes it for dead.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Heartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a stream lasts; the client connects again and goes on where it was, if it still may.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan MaxDuration { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long what happened is kept for those who come back.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan Keep { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How often the feed looks when nothing wakes it up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(1);
}
