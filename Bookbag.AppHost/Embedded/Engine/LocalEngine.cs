using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Bookbag.AppHost.Embedded;

/// <summary>Runs an app model as processes of this machine.</summary>
internal sealed class LocalEngine(
    DistributedApplicationModel model, DistributedApplicationExecutionContext execution, DataDirectory data,
    ResourceNotificationService notifications, ResourceLoggerService logs, TimeProvider clock) : IHostedService, IAsyncDisposable
{
    public const string FailureProperty = "failure";
    public const string RestartsProperty = "restarts";

    private readonly List<ProgramRun> _runs = [];
    private readonly CancellationTokenSource _stopping = new();
    private Task _databases = Task.CompletedTask;

    public IReadOnlyList<ProgramRun> Runs => _runs;

    /// <summary>The replicas of a resource, or the one of that id.</summary>
    public List<ProgramRun> RunsOf(string resourceId) =>
        [.. _runs.Where(run => string.Equals(run.Resource.Name, resourceId, StringComparison.OrdinalIgnoreCase) || string.Equals(run.Id, resourceId, StringComparison.OrdinalIgnoreCase))];

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        data.Open();
        AllocatePorts();
        foreach (var resource in model.Resources)
            _runs.AddRange(RunsFor(resource));
        foreach (var resource in _runs.Select(run => run.Resource))
            CheckWaits(resource);

        // Known to everybody before anything starts, so that who waits for a resource waits for all its replicas.
        foreach (var run in _runs)
            notifications.Publish(run.Resource, run.Id, snapshot => snapshot with { State = KnownResourceStates.NotStarted });
        _databases = Task.WhenAll(model.Resources.OfType<PostgresDatabaseResource>().Select(database => FollowServerAsync(database, _stopping.Token)));
        foreach (var run in _runs.Where(run => !run.Resource.Annotations.OfType<ExplicitStartupAnnotation>().Any()))
            await run.StartAsync(cancellationToken);
    }

    /// <summary>Stops what serves first, then what it was served by.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        foreach (var run in _runs.OrderBy(run => run.Resource is ProjectResource ? 0 : 1).GroupBy(run => run.Resource is ProjectResource))
            await Task.WhenAll(run.Select(each => each.StopAsync(CancellationToken.None)));
        await _stopping.CancelAsync();
        await _databases;
        data.Dispose();
    }

    public ValueTask DisposeAsync()
    {
        _stopping.Dispose();
        foreach (var run in _runs)
            run.Dispose();
        return ValueTask.CompletedTask;
    }

    private void AllocatePorts()
    {
        foreach (var resource in model.Resources)
        {
            foreach (var endpoint in resource.Annotations.OfType<EndpointAnnotation>())
            {
                // A test never meets another system on a port that the model names.
                var wanted = data.IsThrowAway ? null : endpoint.Port is 0 ? null : endpoint.Port;
                if (wanted is { } port && !FreePort.IsFree(port))
                    throw new EngineFailure($"Port {port}, where {resource.Name} would listen, is taken: stop what uses it, or choose another with BOOKBAG_{resource.Name.ToUpperInvariant()}_PORT.");
                endpoint.ReplicaPorts = [wanted ?? FreePort.Any(), .. Enumerable.Range(1, resource.GetReplicaCount() - 1).Select(_ => FreePort.Any())];
                endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, resource is ContainerResource ? "127.0.0.1" : "localhost", endpoint.ReplicaPorts[0]);
            }
        }
    }

    private IEnumerable<ProgramRun> RunsFor(IResource resource)
    {
        ProgramRun Run(string id, EngineProgram program) => new(resource, id, program, notifications, logs, clock);

        switch (resource)
        {
            case PostgresServerResource postgres:
                yield return Run(postgres.Name, new PostgresProgram(postgres, data));
                break;
            case RedisResource redis:
                yield return Run(redis.Name, new RedisProgram(redis, data));
                break;
            case ProjectResource project:
                var replicas = project.GetReplicaCount();
                for (var replica = 0; replica < replicas; replica++)
                {
                    var id = replicas == 1 ? project.Name : $"{project.Name}-{replica + 1}";
                    yield return Run(id, new ProjectProgram(project, id, replica, execution));
                }

                break;
        }
    }

    private void CheckWaits(IResource resource)
    {
        if (resource.Annotations.OfType<WaitAnnotation>().FirstOrDefault(wait => !model.Resources.Contains(wait.Resource)) is { } impossible)
            throw new DistributedApplicationException($"{resource.Name} waits for {impossible.Resource.Name}, which is not in the model.");
    }

    /// <summary>A database is as its server is, once it was created.</summary>
    private async Task FollowServerAsync(PostgresDatabaseResource database, CancellationToken cancellationToken)
    {
        var server = (PostgresProgram)RunsOf(database.Parent.Name).Single().Program;
        notifications.Publish(database, database.Name, snapshot => snapshot with { State = KnownResourceStates.Waiting });
        try
        {
            var isCreated = false;
            await foreach (var change in notifications.WatchAsync(cancellationToken))
            {
                if (change.Resource != database.Parent)
                    continue;
                if (!isCreated && change.Snapshot.HealthStatus is HealthStatus.Healthy)
                {
                    await server.CreateDatabaseAsync(database.DatabaseName, cancellationToken);
                    isCreated = true;
                }

                notifications.Publish(database, database.Name, snapshot => (snapshot with
                {
                    State = change.Snapshot.State,
                    HealthStatus = isCreated ? change.Snapshot.HealthStatus : null,
                }).With(FailureProperty, change.Snapshot.Property(FailureProperty)));
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Npgsql.NpgsqlException e)
        {
            notifications.Publish(database, database.Name, snapshot =>
                (snapshot with { State = KnownResourceStates.FailedToStart }).With(FailureProperty, $"The database {database.DatabaseName} could not be created: {e.Message}"));
        }
    }
}
