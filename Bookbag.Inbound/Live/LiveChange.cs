using System.Text.Json.Serialization;

namespace Bookbag.Inbound.Live;

/// <summary>Something changed; what it is now, the API tells.</summary>
/// <param name="Kind"><c>conversation</c>, <c>message</c>, <c>ticket</c> or <c>channel</c>.</param>
/// <param name="Id">The id of what changed.</param>
/// <param name="ConversationId">The conversation, of all but a channel.</param>
/// <param name="At">When.</param>
public sealed record LiveChange(string Kind, Guid Id, Guid? ConversationId, Guid AgentId, DateTimeOffset At)
{
    /// <summary>The workspace: nobody else is told.</summary>
    [JsonIgnore]
    public Guid WorkspaceId { get; init; }

    /// <summary>The transaction that changed it.</summary>
    [JsonIgnore]
    public ulong Transaction { get; init; }
}
