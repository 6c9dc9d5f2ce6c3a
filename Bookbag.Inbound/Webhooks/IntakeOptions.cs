using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Webhooks;

/// <summary>How webhooks are taken in.</summary>
public sealed class IntakeOptions
{
    public const string Section = "Intake";

    /// <summary>The largest body taken. Meta sends up to 3 MB.</summary>
    [Range(1, 64 << 20)]
    public int MaxBodyBytes { get; set; } = 4 << 20;

    /// <summary>How many webhooks may wait for their commit; what comes beyond is refused with 503, and Meta sends it again.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 8_192;

    /// <summary>How many bytes may wait for their commit.</summary>
    [Range(1, long.MaxValue)]
    public long MaxWaitingBytes { get; set; } = 64 << 20;

    /// <summary>How many commits may be under way at once: while one waits for the disk, the next is filled and sent.</summary>
    [Range(1, 16)]
    public int Writers { get; set; } = 3;

    /// <summary>How many webhooks have to wait for another commit to begin beside one that is under way; fewer go together when that one has ended.</summary>
    [Range(1, WebhookLogSql.LargestStretch)]
    public int WorthACommit { get; set; } = 64;

    /// <summary>The most webhooks written by one commit.</summary>
    [Range(1, WebhookLogSql.LargestStretch)]
    public int MaxBatch { get; set; } = 512;

    /// <summary>The most bytes written by one commit; one larger webhook still goes alone.</summary>
    [Range(1, long.MaxValue)]
    public long MaxBatchBytes { get; set; } = 8 << 20;

    /// <summary>After this time without a commit the sender gets 503. Meta's patience is not published; it sends again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CommitTimeout { get; set; } = TimeSpan.FromSeconds(5);
}
