using System.ComponentModel.DataAnnotations;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>How files are imported.</summary>
public sealed class ImportOptions
{
    public const string Section = "Imports";

    /// <summary>Rows that are written in one transaction. Default: 20,000; more is no faster and holds more memory.</summary>
    [Range(1, 100_000)]
    public int BatchSize { get; set; } = 20_000;

    /// <summary>How long a dead worker's import waits for another; longer than a batch takes. Default: a minute.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:30:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The largest file, in bytes. Default: 512 MB.</summary>
    [Range(1_024, 4_294_967_296)]
    public long LargestFile { get; set; } = 512L * 1024 * 1024;

    /// <summary>Whether this replica imports. Default: it does.</summary>
    public bool Work { get; set; } = true;
}
