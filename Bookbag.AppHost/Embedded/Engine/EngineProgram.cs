namespace Bookbag.AppHost.Embedded;

/// <summary>What a resource runs: how its process is started and stopped, and how one sees that it is well.</summary>
internal abstract class EngineProgram
{
    /// <summary>Makes ready what the process needs. Called before every start, the first and any later one.</summary>
    public abstract Task<ProgramStart> PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Whether it does its work now.</summary>
    public abstract Task<bool> IsWellAsync(CancellationToken cancellationToken);

    /// <summary>Asks it to end at once but in order.</summary>
    public virtual Signal StopSignal => Signal.Terminate;

    /// <summary>Where it is reached, for people.</summary>
    public abstract string Url { get; }
}
