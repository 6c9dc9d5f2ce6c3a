using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.FirstStart;

/// <summary>Gives an empty system a workspace, somebody who can sign in and a key for programs; in development the demo too.</summary>
public static class FirstWorkspace
{
    /// <summary>Adds the first start, after the schemas and under their lock: of several replicas one does it.</summary>
    public static IHostApplicationBuilder AddFirstStart(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<FirstStartOptions>().BindConfiguration(FirstStartOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return builder.AddStartStep("first start", (services, cancellationToken) => CreateAsync(services, Console.Out, cancellationToken));
    }

    /// <summary>Makes what is missing where there is no workspace yet, and prints what was generated.</summary>
    /// <param name="services">The service's container.</param>
    /// <param name="console">Where generated secrets are shown: not the log, which is kept and sent elsewhere.</param>
    /// <param name="cancellationToken">Stops it; nothing is left half made.</param>
    public static async Task CreateAsync(IServiceProvider services, TextWriter console, CancellationToken cancellationToken)
    {
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        if (await db.Workspaces.AnyAsync(cancellationToken))
            return;

        var options = scope.ServiceProvider.GetRequiredService<IOptions<FirstStartOptions>>().Value;
        var now = scope.ServiceProvider.GetRequiredService<TimeProvider>().GetUtcNow();
        var email = Given(options.AdminEmail) ?? "admin@bookbag.local";
        var password = Given(options.AdminPassword) ?? Passwords.Generate();
        var secret = Given(options.ApiKey) ?? ApiKey.NewSecret();

        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var workspace = Workspace.Named("My workspace", now);
        db.Workspaces.Add(workspace);
        db.ApiKeys.Add(ApiKey.For(secret, workspace.Id, agentId: null, "First key", Role.Admin, now));
        await db.SaveChangesAsync(cancellationToken);

        var created = await scope.ServiceProvider.GetRequiredService<UserManager<Member>>()
            .CreateAsync(Member.Invite(workspace.Id, email, Role.Owner, now), password);
        if (!created.Succeeded)
            throw new InvalidOperationException("FirstStart: the first member is refused. " + string.Join(' ', created.Errors.Select(e => e.Description)));

        if (scope.ServiceProvider.GetRequiredService<IHostEnvironment>().IsDevelopment())
            await DemoShop.CreateAsync(scope.ServiceProvider, db, workspace, now, cancellationToken);

        // Before the commit: if the process died between the two, a repeated box is better than a password that nobody has seen.
        await console.WriteLineAsync(Box(
        [
            "First start: this is shown once.",
            "",
            $"Sign in as  {email}",
            $"Password    {Shown(password, options.AdminPassword)}",
            $"API key     {Shown(secret, options.ApiKey)}",
        ]));
        await transaction.CommitAsync(cancellationToken);
    }

    private static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;

    private static string Shown(string value, string? given) => Given(given) is null ? value : "(as configured)";

    private static string Box(string[] lines)
    {
        var width = lines.Max(l => l.Length);
        var rule = new string('─', width + 4);
        return string.Join(Environment.NewLine, [$"┌{rule}┐", .. lines.Select(l => $"│  {l.PadRight(width)}  │"), $"└{rule}┘"]);
    }
}
