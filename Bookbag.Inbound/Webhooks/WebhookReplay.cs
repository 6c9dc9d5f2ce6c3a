using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Webhooks;

/// <summary>A span of the webhook log that somebody wants applied once more. <see cref="WebhookReplayer"/> does it.</summary>
public sealed class WebhookReplay
{
    private WebhookReplay() { }

    public Guid WorkspaceId { get; private set; }
    public Guid Id { get; private set; }
    public Guid? AgentId { get; private set; }
    public Guid[] ChannelIds { get; private set; } = [];
    public DateTimeOffset FromAt { get; private set; }
    public DateTimeOffset ToAt { get; private set; }
    public bool RejectedOnly { get; private set; }
    public string AskedBy { get; private set; } = "";
    public DateTimeOffset AskedAt { get; private set; }
    public long? Total { get; private set; }
    public long Queued { get; private set; }
    public DateTimeOffset? DueAt { get; private set; }
    public DateTimeOffset? FinishedAt { get; private set; }

    /// <summary>Asks for a span, from (inclusive) to (exclusive).</summary>
    public static WebhookReplay Of(Guid workspaceId, Guid? agentId, Guid[] channelIds, DateTimeOffset from, DateTimeOffset to, bool rejectedOnly, string askedBy, DateTimeOffset now) => new()
    {
        WorkspaceId = workspaceId,
        Id = Guid.CreateVersion7(now),
        AgentId = agentId,
        ChannelIds = channelIds,
        FromAt = from,
        ToAt = to,
        RejectedOnly = rejectedOnly,
        AskedBy = askedBy,
        AskedAt = now,
        DueAt = now,
    };

    internal sealed class Mapping : IEntityTypeConfiguration<WebhookReplay>
    {
        public void Configure(EntityTypeBuilder<WebhookReplay> builder) =>
            builder.ToTable("webhook_replays").HasKey(r => new { r.WorkspaceId, r.Id });
    }
}
