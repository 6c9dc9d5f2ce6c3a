using Aspire.Hosting.ApplicationModel;
using Bookbag.AppHost.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>A system that can be started.</summary>
public class DistributedApplication(IHost host) : IHost, IAsyncDisposable
{
    private int _disposed;

    public IServiceProvider Services => host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    public static IDistributedApplicationBuilder CreateBuilder(string[] args)
    {
        // The engine starts this program a second time to be the Redis server.
        if (RedisHost.IsAskedFor(args))
            RedisHost.RunAndExit();
        return new DistributedApplicationBuilder(args);
    }

    public virtual Task StartAsync(CancellationToken cancellationToken = default) => host.StartAsync(cancellationToken);

    public virtual Task StopAsync(CancellationToken cancellationToken = default) => host.StopAsync(cancellationToken);

    /// <summary>Runs on the console until it is told to stop.</summary>
    public virtual Task RunAsync(CancellationToken cancellationToken = default) => new ConsoleRun(this).RunAsync(cancellationToken);

    /// <inheritdoc cref="RunAsync"/>
    public void Run() => RunAsync().GetAwaiter().GetResult();

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 1)
            return;
        await host.StopAsync();
        host.Dispose();
        GC.SuppressFinalize(this);
    }
}
