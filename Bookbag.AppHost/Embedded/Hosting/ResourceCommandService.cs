using Bookbag.AppHost.Embedded;

namespace Aspire.Hosting.ApplicationModel;

public static class KnownResourceCommands
{
    public static readonly string StartCommand = "start";
    public static readonly string StopCommand = "stop";
    public static readonly string RestartCommand = "restart";
}

public sealed class ExecuteCommandResult
{
    public required bool Success { get; init; }

    public string? Message { get; init; }
}

/// <summary>Starts, stops and restarts single resources.</summary>
public class ResourceCommandService
{
    private readonly LocalEngine _engine;

    internal ResourceCommandService(LocalEngine engine) => _engine = engine;

    public Task<ExecuteCommandResult> ExecuteCommandAsync(IResource resource, string commandName, CancellationToken cancellationToken = default) =>
        ExecuteCommandAsync(resource.Name, commandName, cancellationToken);

    /// <param name="resourceId">A resource's name (all its replicas), or one replica's id.</param>
    /// <param name="commandName">One of <see cref="KnownResourceCommands"/>.</param>
    /// <param name="cancellationToken">Ends the waiting, not the command.</param>
    public async Task<ExecuteCommandResult> ExecuteCommandAsync(string resourceId, string commandName, CancellationToken cancellationToken = default)
    {
        var runs = _engine.RunsOf(resourceId);
        if (runs.Count == 0)
            return new ExecuteCommandResult { Success = false, Message = $"There is nothing to {commandName} of the name '{resourceId}'." };

        Func<ProgramRun, Task>? command =
            commandName == KnownResourceCommands.StartCommand ? run => run.StartAsync(cancellationToken)
            : commandName == KnownResourceCommands.StopCommand ? run => run.StopAsync(cancellationToken)
            : commandName == KnownResourceCommands.RestartCommand ? run => run.RestartAsync(cancellationToken)
            : null;
        if (command is null)
            return new ExecuteCommandResult { Success = false, Message = $"'{commandName}' is not a command of '{resourceId}'." };

        await Task.WhenAll(runs.Select(command));
        return new ExecuteCommandResult { Success = true };
    }
}
