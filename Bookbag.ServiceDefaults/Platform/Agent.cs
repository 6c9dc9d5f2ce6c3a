namespace Bookbag.ServiceDefaults.Platform;

/// <summary>The AI assistant of a workspace. It owns data sources, settings and at most one WhatsApp channel.</summary>
public sealed class Agent
{
    private Agent() { }

    /// <summary>A new agent of a workspace.</summary>
    public static Agent Create(Guid workspaceId, string name, DateTimeOffset now) =>
        new() { Id = Guid.CreateVersion7(now), WorkspaceId = workspaceId, Name = name, CreatedAt = now };

    /// <summary>The agent's id.</summary>
    public Guid Id { get; private set; }

    /// <summary>The workspace it belongs to.</summary>
    public Guid WorkspaceId { get; private set; }

    /// <summary>What its team calls it.</summary>
    public string Name { get; private set; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Gives it another name.</summary>
    public void Rename(string name) => Name = name;
}
