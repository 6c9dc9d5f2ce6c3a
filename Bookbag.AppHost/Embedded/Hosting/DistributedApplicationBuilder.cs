using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Bookbag.AppHost.Embedded;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>What <c>AppHost.cs</c> describes the system with.</summary>
public interface IDistributedApplicationBuilder
{
    ConfigurationManager Configuration { get; }

    string AppHostDirectory { get; }

    IHostEnvironment Environment { get; }

    IServiceCollection Services { get; }

    DistributedApplicationExecutionContext ExecutionContext { get; }

    IResourceCollection Resources { get; }

    IResourceBuilder<T> AddResource<T>(T resource) where T : IResource;

    IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource;

    DistributedApplication Build();
}

internal sealed class DistributedApplicationBuilder : IDistributedApplicationTestingBuilder
{
    private readonly HostApplicationBuilder _host;
    private DistributedApplication? _built;
    private EntryPointRun? _entryPoint = EntryPointRun.Current;

    public DistributedApplicationBuilder(string[] args)
    {
        AppHostDirectory = BuiltProjects.AppHostDirectory;
        _host = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings
        {
            Args = args,
            ApplicationName = "Bookbag.AppHost",
            ContentRootPath = AppHostDirectory,
            EnvironmentName = _entryPoint is null ? null : Environments.Development,
        });
        // The engine speaks for itself; the host's own lines say nothing that a reader of the console needs.
        _host.Logging.ClearProviders();
        _host.Services.TryAddSingleton(TimeProvider.System);
        Data = _entryPoint is null ? DataDirectory.OfCheckout(AppHostDirectory, Configuration) : DataDirectory.OfTest(Configuration);
    }

    public ConfigurationManager Configuration => _host.Configuration;

    public string AppHostDirectory { get; }

    public IHostEnvironment Environment => _host.Environment;

    public IServiceCollection Services => _host.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; } = new(DistributedApplicationOperation.Run);

    public IResourceCollection Resources { get; } = new ResourceCollection();

    /// <summary>Where this system keeps its data and its passwords.</summary>
    internal DataDirectory Data { get; }

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => new ResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        // A test runs AppHost.cs up to this line, changes the model if it likes, and builds it itself.
        if (Interlocked.Exchange(ref _entryPoint, null) is { } entryPoint)
            throw entryPoint.ModelIsRead(this);

        Services.AddSingleton(new DistributedApplicationModel(Resources));
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(Data);
        Services.AddSingleton<ResourceNotificationService>();
        Services.AddSingleton<ResourceLoggerService>();
        Services.AddSingleton(services => new ResourceCommandService(services.GetRequiredService<LocalEngine>()));
        Services.AddSingleton<LocalEngine>();
        Services.AddHostedService(services => services.GetRequiredService<LocalEngine>());
        Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
        return _built = new DistributedApplication(_host.Build());
    }

    public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default) => Task.FromResult(Build());

    /// <summary>Takes what was built with it, as in Aspire.</summary>
    public void Dispose() => _built?.Dispose();

    public ValueTask DisposeAsync() => _built?.DisposeAsync() ?? ValueTask.CompletedTask;
}

public static class DistributedApplicationBuilderExtensions
{
    /// <summary>A builder for a resource that the model has already.</summary>
    public static IResourceBuilder<T> CreateResourceBuilder<T>(this IDistributedApplicationBuilder builder, string name) where T : IResource =>
        builder.Resources.TryGetByName(name, out var resource) && resource is T typed
            ? builder.CreateResourceBuilder(typed)
            : throw new DistributedApplicationException($"There is no resource '{name}' of the type {typeof(T).Name}.");
}
