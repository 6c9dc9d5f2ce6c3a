using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>How much of a website is read.</summary>
public sealed class CrawlOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Crawl";

    /// <summary>Whether websites on this machine are read. Counts in development only.</summary>
    public bool AllowLoopback { get; set; }

    /// <summary>How many pages of a site are read.</summary>
    [Range(1, 5_000)]
    public int MostPages { get; set; } = 200;

    /// <summary>How many links a page may be from the first.</summary>
    [Range(0, 20)]
    public int MostDepth { get; set; } = 5;

    /// <summary>The largest page, unpacked, in KB.</summary>
    [Range(1, 10_240)]
    public int LargestPageKilobytes { get; set; } = 2_048;

    /// <summary>How much text of a site is read in all, in millions of characters.</summary>
    [Range(1, 50)]
    public int MostMegabytes { get; set; } = 10;

    /// <summary>How long a page may take, from connecting to its last byte.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan PageTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a site may take; what was read by then is learnt.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "02:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How often a page is tried that does not come: after the others.</summary>
    [Range(1, 5)]
    public int Tries { get; set; } = 3;

    /// <summary>The pause between two pages, so that nobody's site feels it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan Pause { get; set; } = TimeSpan.FromMilliseconds(200);
}
