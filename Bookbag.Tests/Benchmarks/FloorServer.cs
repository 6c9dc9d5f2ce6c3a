using System.Buffers;
using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.Tests.Benchmarks;

/// <summary>What the `webhooks` benchmark measures against, in a process of its own behind the same Edge: Inbound's own path without the storing, and one that stores each webhook by itself.</summary>
/// <remarks>
/// <c>verify</c> takes webhooks in as Inbound does and answers as if they were stored. The others check the signature and write each request with a statement of its own before they answer:
/// <c>body</c> its body alone, with no index but the key; <c>rows</c> what Inbound keeps of it, the row of the log and that of the queue, in tables of the same columns and indexes.
/// </remarks>
public static class FloorServer
{
    private const int MaxBodyBytes = 4 << 20;

    private const string CreateBodies =
        """
        CREATE TABLE IF NOT EXISTS public.floor_bodies (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)
        """;

    private const string CreateRows =
        """
        CREATE TABLE IF NOT EXISTS public.floor_log (LIKE inbound.webhook_log INCLUDING ALL);
        CREATE TABLE IF NOT EXISTS public.floor_queue (LIKE inbound.webhook_stretches INCLUDING DEFAULTS INCLUDING INDEXES)
        """;

    private const string InsertRows =
        """
        WITH stored AS (
            INSERT INTO public.floor_log (id, received_at, deliveries, channel_ids, channels_from, channels_to, signatures, headers, traceparents, bodies)
            VALUES (nextval('inbound.webhook_delivery_ids') << 10, now(), 1, @channel_ids, '{1}', '{1}', ARRAY[@signature], ARRAY[@headers], '{NULL}', ARRAY[@body])
            RETURNING id, received_at)
        INSERT INTO public.floor_queue (delivery_id, received_at, due_at) SELECT id, received_at, received_at FROM stored
        """;

    public static async Task RunAsync(string mode)
    {
        var builder = WebApplication.CreateBuilder();
        builder.AddServiceDefaults();
        builder.AddBookbagAuthentication();
        builder.AddChannelDirectory();
        builder.Services.AddSingleton<WebhookGate>();
        builder.Services.AddSingleton<IntakeMetrics>();
        builder.Services.AddSingleton<IntakePressure>();
        builder.Services.AddSingleton<WebhookLog, Forgetful>();
        builder.Services.AddSingleton<IntakeBatcher>();
        builder.Services.AddHostedService(services => services.GetRequiredService<IntakeBatcher>());
        builder.Services.AddSingleton<ReceiveWebhook>();
        await using var app = builder.Build();
        app.MapServiceDefaults();
        RequestDelegate receive = mode switch
        {
            "verify" => app.Services.GetRequiredService<ReceiveWebhook>().HandleAsync,
            "body" => await InsertAsync(app.Services, CreateBodies, "INSERT INTO public.floor_bodies (body) VALUES (@body)"),
            "rows" => await InsertAsync(app.Services, CreateRows, InsertRows),
            _ => throw new ArgumentException($"There is no floor '{mode}'.", nameof(mode)),
        };
        app.MapPost(WebhookEndpoints.Path, receive).AllowAnonymous().ShortCircuit();
        await app.RunAsync();
    }

    private static async Task<RequestDelegate> InsertAsync(IServiceProvider services, string createTables, string insert)
    {
        var dataSource = services.GetRequiredService<NpgsqlDataSource>();
        await using var create = dataSource.CreateCommand(createTables);
        await create.ExecuteNonQueryAsync();
        var gate = services.GetRequiredService<WebhookGate>();
        return context => InsertAsync(context, gate, dataSource, insert);
    }

    private static async Task InsertAsync(HttpContext context, WebhookGate gate, NpgsqlDataSource dataSource, string sql)
    {
        var signature = context.Request.Headers[WebhookSignature.HeaderName].ToString();
        var (memory, length) = await ReceiveWebhook.ReadAsync(context.Request.BodyReader, (int)context.Request.ContentLength!.Value, MaxBodyBytes, context.RequestAborted);
        try
        {
            var body = memory.AsMemory(0, length);
            var answer = await gate.CheckAsync(body, signature, context.RequestAborted);
            if (answer.Verdict != GateVerdict.Accepted)
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return;
            }

            await using var insert = dataSource.CreateCommand(sql);
            insert.Parameters.Add(new() { ParameterName = "body", Value = body });
            if (sql == InsertRows)
            {
                insert.Parameters.Add(new() { ParameterName = "channel_ids", Value = answer.ChannelIds });
                insert.Parameters.Add(new() { ParameterName = "signature", Value = signature });
                insert.Parameters.Add(new() { ParameterName = "headers", Value = """{"Content-Type":"application/json"}""" });
            }

            await insert.ExecuteNonQueryAsync(context.RequestAborted);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }

    /// <summary>Says that it stored what it forgets.</summary>
    private sealed class Forgetful(NpgsqlDataSource dataSource) : WebhookLog(dataSource)
    {
        public override Task StoreAsync(IReadOnlyCollection<WebhookArrival> arrivals, CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
