using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Bookbag.AppHost.Embedded;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>Tells how the resources are, and what becomes of them.</summary>
public class ResourceNotificationService
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ResourceEvent> _current = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Channel<ResourceEvent>> _watchers = [];

    /// <param name="resourceId">A resource's name, or one replica's id.</param>
    /// <param name="resourceEvent">How it is now.</param>
    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_lock)
        {
            if (_current.TryGetValue(resourceId, out resourceEvent))
                return true;
            resourceEvent = Replicas(resourceId) is [var only] ? only : null;
            return resourceEvent is not null;
        }
    }

    /// <summary>How everything is now, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var changes = Channel.CreateUnbounded<ResourceEvent>();
        lock (_lock)
        {
            foreach (var current in _current.Values)
                changes.Writer.TryWrite(current);
            _watchers.Add(changes);
        }

        try
        {
            await foreach (var change in changes.Reader.ReadAllAsync(cancellationToken))
                yield return change;
        }
        finally
        {
            lock (_lock)
                _watchers.Remove(changes);
        }
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        await foreach (var change in WatchAsync(cancellationToken))
        {
            if (IsOf(change, resourceName) && predicate(change))
                return change;
        }

        throw new OperationCanceledException(cancellationToken);
    }

    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, change => change.Snapshot.State?.Text == (targetState ?? KnownResourceStates.Running), cancellationToken);

    /// <summary>Returns when every replica of the resource is well; throws when one of them will not start.</summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, _ => AreHealthy(resourceName), cancellationToken);

    internal void Publish(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        lock (_lock)
        {
            var before = _current.GetValueOrDefault(resourceId)?.Snapshot ?? new CustomResourceSnapshot { ResourceType = TypeOf(resource), Properties = [] };
            var after = change(before);
            if (after == before)
                return;
            var changed = new ResourceEvent(resource, resourceId, after);
            _current[resourceId] = changed;
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(changed);
        }
    }

    private bool AreHealthy(string resourceName)
    {
        lock (_lock)
        {
            var replicas = Replicas(resourceName);
            if (replicas.FirstOrDefault(replica => replica.Snapshot.State?.Text == KnownResourceStates.FailedToStart) is { } failed)
                throw new DistributedApplicationException($"{failed.Snapshot.Property(LocalEngine.FailureProperty)}");
            return replicas.Count > 0 && replicas.All(replica => replica.Snapshot.HealthStatus is HealthStatus.Healthy);
        }
    }

    private List<ResourceEvent> Replicas(string resourceName) => [.. _current.Values.Where(change => IsOf(change, resourceName))];

    private static bool IsOf(ResourceEvent change, string resourceName) =>
        string.Equals(change.Resource.Name, resourceName, StringComparison.OrdinalIgnoreCase)
        || string.Equals(change.ResourceId, resourceName, StringComparison.OrdinalIgnoreCase);

    private static string TypeOf(IResource resource) => resource switch
    {
        ProjectResource => "Project",
        ContainerResource => "Executable",
        _ => resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal),
    };
}
