namespace Bookbag.ServiceDefaults.Platform;

/// <summary>The tenant. Nothing crosses from one workspace to another.</summary>
public sealed class Workspace
{
    private Workspace() { }

    /// <summary>A workspace of that name.</summary>
    public static Workspace Named(string name, DateTimeOffset now) => new() { Id = Guid.CreateVersion7(now), Name = name, CreatedAt = now };

    /// <summary>The workspace's id; every tenant row carries it.</summary>
    public Guid Id { get; private set; }

    /// <summary>What its members call it.</summary>
    public string Name { get; private set; } = "";

    /// <summary>When it was made.</summary>
    public DateTimeOffset CreatedAt { get; private set; }

    /// <summary>Gives it another name.</summary>
    public void Rename(string name) => Name = name;
}
