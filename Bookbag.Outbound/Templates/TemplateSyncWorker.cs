using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Outbound.Templates;

/// <summary>Compares every agent's templates with Meta's from time to time: webhooks may be lost, or not be subscribed.</summary>
/// <remarks>Two replicas may look at the same agent; the row of its sync lets one of them begin.</remarks>
internal sealed partial class TemplateSyncWorker(
    IServiceScopeFactory scopes, NpgsqlDataSource dataSource, SyncTemplates sync, IOptions<TemplateOptions> options, TimeProvider clock, ILogger<TemplateSyncWorker> logger)
    : BackgroundService
{
    private const int MostAtOnce = 10;
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Syncs agents that it is time for.</summary>
    /// <returns>How many.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        var due = new List<(Guid Workspace, Guid Agent)>();
        await using (var command = dataSource.CreateCommand(TemplateSql.DueForSync))
        {
            command.Parameters.AddWithValue("now", clock.GetUtcNow());
            command.Parameters.AddWithValue("every", options.Value.SyncEvery);
            command.Parameters.AddWithValue("most", MostAtOnce);
            await using var row = await command.ExecuteReaderAsync(cancellationToken);
            while (await row.ReadAsync(cancellationToken))
                due.Add((row.GetGuid(0), row.GetGuid(1)));
        }

        foreach (var (workspace, agent) in due)
        {
            await using var scope = scopes.CreateAsyncScope();
            var (account, problem) = await scope.ServiceProvider.GetRequiredService<AccountAccess>().FindAsync(agent, withApp: false, cancellationToken);
            if (account is null)
                await sync.FailAsync(workspace, agent, problem!.Words, cancellationToken);
            else if (await sync.RunAsync(account, cancellationToken) is { Complete: false })
                Log.Incomplete(logger, agent);
        }

        return due.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.Sync)
            return;
        using var timer = new PeriodicTimer(Interval, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await RunOnceAsync(stoppingToken) == MostAtOnce) { }
            }
#pragma warning disable CA1031 // the loop outlives whatever goes wrong in a round
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.RoundFailed(logger, e);
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The templates of agent {AgentId} could not all be read from Meta; the list says why")]
        public static partial void Incomplete(ILogger logger, Guid agentId);

        [LoggerMessage(2, LogLevel.Error, "A round of comparing templates with Meta failed; the next one begins in a minute")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
