using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bookbag.ServiceDefaults.Postgres;

/// <summary>Wires a service to the product's one Postgres database.</summary>
public static class PostgresExtensions
{
    private const string ConnectionName = "bookbag";
    private const int BufferSize = 64 << 10; // a batch of a crowd's webhooks

    /// <summary>One <see cref="NpgsqlDataSource"/> a process, shared by EF contexts and hot paths; start steps, wake-ups and the health check with it.</summary>
    public static IHostApplicationBuilder AddBookbagPostgres(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(s => s.ServiceType == typeof(NpgsqlDataSource)))
            return builder;

        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(services =>
        {
            var connectionString = services.GetRequiredService<IConfiguration>().GetConnectionString(ConnectionName)
                ?? throw new InvalidOperationException($"The connection string '{ConnectionName}' is missing: set ConnectionStrings__{ConnectionName}.");
            var source = new NpgsqlDataSourceBuilder(connectionString);
            // Replicas of three services share one server with Postgres' default of 100 connections.
            source.ConnectionStringBuilder.MaxPoolSize = Math.Min(source.ConnectionStringBuilder.MaxPoolSize, 30);
            // Statements over whole batches join partitioned tables: planning one takes longer than running it on ten rows.
            if (source.ConnectionStringBuilder.MaxAutoPrepare == 0)
                source.ConnectionStringBuilder.MaxAutoPrepare = 100;
            // What goes in one statement goes in few pieces: each is a call of the operating system, here and there.
            source.ConnectionStringBuilder.WriteBufferSize = Math.Max(source.ConnectionStringBuilder.WriteBufferSize, BufferSize);
            source.ConnectionStringBuilder.ReadBufferSize = Math.Max(source.ConnectionStringBuilder.ReadBufferSize, BufferSize);
            // Nothing here leaves a setting or a lock behind on a connection; forgetting them all, each time one is taken from the pool, costs more than most statements.
            source.ConnectionStringBuilder.NoResetOnClose = true;
            source.ConnectionStringBuilder.ApplicationName = builder.Environment.ApplicationName;
            source.UseLoggerFactory(services.GetService<ILoggerFactory>());
            return source.Build();
        });

        builder.Services.AddSingleton<StartSteps>();
        builder.Services.AddHostedService(services => services.GetRequiredService<StartSteps>());
        builder.Services.AddSingleton<WakeUps>();
        builder.Services.AddHostedService(services => services.GetRequiredService<WakeUps>());
        builder.Services.AddHealthChecks().AddCheck<PostgresHealthCheck>("postgres");
        return builder;
    }

    /// <summary>Registers the context that owns a schema; its migrations are applied at start, before the service is healthy.</summary>
    public static IHostApplicationBuilder AddSchema<TContext>(this IHostApplicationBuilder builder, string schema) where TContext : DbContext
    {
        builder.AddBookbagPostgres();
        builder.Services.AddDbContext<TContext>((services, options) => options.UseSchema(services.GetRequiredService<NpgsqlDataSource>(), schema));
        builder.EnrichNpgsqlDbContext<TContext>(settings =>
        {
            // A retry would run a handler's transaction again without its reads; Postgres' state is our own check's business.
            settings.DisableRetry = true;
            settings.DisableHealthChecks = true;
        });
        return builder.AddStartStep($"schema {schema}", (services, cancellationToken) =>
            Schemas.MigrateAsync<TContext>(services.GetRequiredService<NpgsqlDataSource>(), schema, cancellationToken));
    }

    /// <summary>Adds what has to be done once, in order, by one replica at a time, before the service is healthy. It must be safe to repeat.</summary>
    public static IHostApplicationBuilder AddStartStep(this IHostApplicationBuilder builder, string name, Func<IServiceProvider, CancellationToken, Task> run)
    {
        builder.Services.AddSingleton(new StartStep(name, run));
        return builder;
    }

    /// <summary>How every context of the product talks to Postgres.</summary>
    public static DbContextOptionsBuilder UseSchema(this DbContextOptionsBuilder options, NpgsqlDataSource dataSource, string schema) => options
        .UseNpgsql(dataSource, npgsql => npgsql.MigrationsHistoryTable("migrations", schema))
        .UseSnakeCaseNamingConvention()
        // Schemas are written in SQL, entities are mapped to them by hand: there is no model snapshot to compare with.
        // A test queries every mapped entity instead.
        .ConfigureWarnings(warnings => warnings.Ignore(RelationalEventId.PendingModelChangesWarning));
}
