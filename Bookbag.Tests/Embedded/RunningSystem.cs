using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;

namespace Bookbag.Tests.Embedded;

/// <summary>The whole system on the embedded engine, with two replicas of Inbound, thrown away after the class.</summary>
public sealed class RunningSystem : IAsyncLifetime
{
    public DistributedApplication App { get; private set; } = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync()
    {
        var model = await DistributedApplicationTestingBuilder.CreateAsync<Projects.Bookbag_AppHost>(["--Replicas:inbound=2"]);
        App = await model.BuildAsync();
        await App.StartAsync();
        foreach (var resource in new[] { "inbound", "outbound", "sandbox", "edge" })
            await App.ResourceNotifications.WaitForResourceHealthyAsync(resource);
    }

    public async Task DisposeAsync() => await App.DisposeAsync();

    public CustomResourceSnapshot Now(string resourceId) =>
        App.ResourceNotifications.TryGetCurrentState(resourceId, out var current) ? current.Snapshot : throw new InvalidOperationException($"No resource {resourceId}.");

    public int ProcessIdOf(string resourceId) => (int)Now(resourceId).Properties.Single(property => property.Name == "executable.pid").Value!; // every process has one
}
