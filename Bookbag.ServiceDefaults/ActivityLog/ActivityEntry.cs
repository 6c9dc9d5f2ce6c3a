namespace Bookbag.ServiceDefaults.ActivityLog;

/// <summary>Something that somebody did. It is written once (<see cref="ActivityWriter"/>) and never changed.</summary>
public sealed class ActivityEntry
{
    private ActivityEntry() { }

    /// <summary>The entry's id.</summary>
    public Guid Id { get; private set; }

    /// <summary>The workspace in which it was done.</summary>
    public Guid WorkspaceId { get; private set; }

    /// <summary>When.</summary>
    public DateTimeOffset At { get; private set; }

    /// <summary>What: a stable name such as <c>campaign.launched</c>.</summary>
    public string Action { get; private set; } = "";

    /// <summary>Whether a person did it or a program.</summary>
    public ActorKind ActorKind { get; private set; }

    /// <summary>The member or the key.</summary>
    public Guid ActorId { get; private set; }

    /// <summary>The member's e-mail address or the key's name, as it was then.</summary>
    public string Actor { get; private set; } = "";

    /// <summary>The agent that it concerns; null where it concerns the workspace.</summary>
    public Guid? AgentId { get; private set; }

    /// <summary>What it was done to.</summary>
    public Guid? SubjectId { get; private set; }

    /// <summary>What that is called, and what was decided about it.</summary>
    public string? Subject { get; private set; }
}

/// <summary>Who does things.</summary>
public enum ActorKind
{
    /// <summary>A person who signed in.</summary>
    Member,

    /// <summary>A program with an API key.</summary>
    Key,
}
