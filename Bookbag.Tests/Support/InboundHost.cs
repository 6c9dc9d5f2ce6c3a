extern alias inbound;

using System.Net.Http.Headers;
using System.Security.Claims;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Bookbag.Tests.Support;

/// <summary>The whole Inbound service in this process, on a test's database.</summary>
public sealed class InboundHost : WebApplicationFactory<inbound::Program>
{
    private readonly string _connectionString;
    private readonly TimeProvider _clock;
    private readonly Dictionary<string, string?> _settings;

    private readonly ILoggerProvider? _log;
    private readonly Action<IServiceCollection>? _configure;

    public InboundHost(
        string connectionString, TimeProvider? clock = null, string environment = "Production", Dictionary<string, string?>? settings = null, ILoggerProvider? log = null,
        Action<IServiceCollection>? services = null)
    {
        _log = log;
        _configure = services;
        _connectionString = connectionString;
        _clock = clock ?? TimeProvider.System;
        _settings = settings ?? [];
        Environment = environment;
    }

    private string Environment { get; }

    /// <summary>A program with a key; null for somebody unknown.</summary>
    public HttpClient CreateClient(string? key)
    {
        var client = CreateClient();
        if (key is not null)
            client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>The <c>Cookie</c> header that a member's browser sends after signing in here now.</summary>
    public async Task<string> SignInAsync(Member member)
    {
        await using var scope = Services.CreateAsyncScope();
        var principal = await scope.ServiceProvider.GetRequiredService<IUserClaimsPrincipalFactory<Member>>().CreateAsync(member);
        var options = scope.ServiceProvider.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);
        var properties = new AuthenticationProperties { IssuedUtc = _clock.GetUtcNow(), ExpiresUtc = _clock.GetUtcNow() + options.ExpireTimeSpan };
        var ticket = new AuthenticationTicket(new ClaimsPrincipal(principal), properties, IdentityConstants.ApplicationScheme);
        return $"{options.Cookie.Name}={options.TicketDataFormat.Protect(ticket)}";
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseEnvironment(Environment);
        builder.UseSetting("ConnectionStrings:bookbag", _connectionString);
        builder.UseSetting("Logging:LogLevel:Default", "Warning");
        // Tests of turns run their own workers; one that wants the service's says so in its settings.
        builder.UseSetting("Turns:MaxConcurrency", "0");
        foreach (var (name, value) in _settings)
            builder.UseSetting(name, value);
        builder.ConfigureServices(services => services.Replace(ServiceDescriptor.Singleton(_clock)));
        if (_configure is not null)
            builder.ConfigureTestServices(_configure);
        // Who reads the log wants all of it, and the console nothing of that.
        if (_log is not null)
            builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(_log));
    }
}
