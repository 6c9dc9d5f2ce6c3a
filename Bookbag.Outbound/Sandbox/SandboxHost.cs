using System.Net;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;
using Microsoft.Extensions.Options;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Runs the sandbox: as a process of the app model, or inside a test or benchmark.</summary>
internal sealed class SandboxHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private SandboxHost(WebApplication app) => _app = app;

    /// <summary>Where it listens.</summary>
    public Uri Url => new(_app.Urls.First());

    /// <summary>What a channel is given as send URL.</summary>
    public Uri SendUrl(string phoneNumberId = "100000000000001") => new(Url, $"v25.0/{phoneNumberId}/messages");

    /// <summary>What the sandbox may be asked from the same process.</summary>
    public SandboxControl Control => _app.Services.GetRequiredService<SandboxControl>();

    /// <summary>The process <c>sandbox</c> of the app model. It stands in for Meta, so it runs in Development alone.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (Build(args) is not { } app)
            return 1;
        await app.RunAsync();
        return 0;
    }

    /// <summary>The process, built; null, with a line that says so, anywhere but in Development.</summary>
    public static WebApplication? Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args);
        if (!builder.Environment.IsDevelopment())
        {
            Console.Error.WriteLine($"The sandbox runs in Development only; this is {builder.Environment.EnvironmentName}.");
            return null;
        }

        builder.AddServiceDefaults();
        builder.AddApiDescription("Bookbag: sandbox");
        builder.Services.AddOptions<SandboxOptions>().BindConfiguration(SandboxOptions.Section)
            .PostConfigure(options => options.CallbackUrl ??= SandboxOptions.EdgeCallback)
            .ValidateDataAnnotations()
            .Validate(options => Handshake.IsAllowed(options.CallbackUrl!), "Sandbox:CallbackUrl must be loopback or a service of the app model.")
            .ValidateOnStart();
        builder.AddSandbox();
        var signIn = builder.Configuration.GetSection(SandboxOptions.Section).Get<SandboxOptions>()?.RequireSignIn ?? true;
        if (signIn)
            builder.AddBookbagAuthentication();

        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapApiDescription();
        app.MapSandbox(signIn);
        return app;
    }

    /// <summary>Starts a sandbox in this process, on loopback, without sign-in.</summary>
    /// <param name="options">Its settings.</param>
    /// <param name="clock">Its clock; the system's when left out.</param>
    /// <param name="port">Its port; a free one when left out.</param>
    public static async Task<SandboxHost> StartAsync(SandboxOptions? options = null, TimeProvider? clock = null, int port = 0)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.ConfigureHttpJsonOptions(json => Json.Configure(json.SerializerOptions));
        builder.Services.AddProblems();
        builder.Services.AddSingleton(Options.Create(options ?? new SandboxOptions()));
        builder.AddSandbox();

        var app = builder.Build();
        app.UseProblems();
        app.MapSandbox(signIn: false);
        await app.StartAsync();
        return new SandboxHost(app);
    }

    /// <summary>Stops it; all it knew is gone.</summary>
    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

/// <summary>Wires the sandbox into a host.</summary>
internal static class SandboxExtensions
{
    public static void AddSandbox(this IHostApplicationBuilder builder)
    {
        // A line for every call would be thousands a second in a benchmark; the stats tell what happened.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        builder.Logging.AddFilter(typeof(ApiKeyHandler).FullName, LogLevel.Warning);

        builder.Services.AddRequestValidation();
        builder.Services.AddSingleton(services => services.GetRequiredService<IOptions<SandboxOptions>>().Value);
        builder.Services.AddSingleton<SandboxState>();
        builder.Services.AddSingleton<SandboxStats>();
        builder.Services.AddSingleton<SandboxControl>();
        builder.Services.AddSingleton(services => new Faults(services.GetRequiredService<SandboxOptions>().Seed));
        builder.Services.AddSingleton<Schedule>();
        builder.Services.AddSingleton<StatusTrail>();
        builder.Services.AddSingleton<CustomerActs>();
        builder.Services.AddSingleton<TierUpgrades>();
        builder.Services.AddSingleton<AcceptMessage>();
        builder.Services.AddSingleton<SendMessage>();
        builder.Services.AddSingleton<WriteAsCustomer>();
        builder.Services.AddSingleton<MediaShelf>();
        builder.Services.AddSingleton<TemplateReview>();
        builder.Services.AddSingleton<GraphCall>();
        builder.Services.AddSingleton<Handshake>();
        builder.Services.AddSingleton<WebhookOutbox>();
        builder.Services.AddHostedService<WebhookSender>();
        // No redirects and no proxy: nothing but the callback itself is reached.
        builder.Services.AddHttpClient(WebhookSender.Client).RemoveAllLoggers()
            .UseSocketsHttpHandler((handler, _) => (handler.AllowAutoRedirect, handler.UseProxy, handler.UseCookies) = (false, false, false));
    }

    public static void MapSandbox(this WebApplication app, bool signIn)
    {
        app.MapGraph();
        var sandbox = app.MapGroup("/sandbox");
        if (signIn)
            sandbox.RequireAuthorization(Policies.Editor);
        sandbox.MapCustomers();
        sandbox.MapNumbers();
        sandbox.MapControl();
    }
}
