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
/// <remarks><c>verify</c> takes webhooks in as Inbound does and answers as if they were stored; <c>insert</c> checks the signature and writes each request with an INSERT of its own before it answers.</remarks>
public static class FloorServer
{
    private const int MaxBodyBytes = 4 << 20;

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
        RequestDelegate receive = mode == "insert"
            ? await InsertAsync(app.Services.GetRequiredService<WebhookGate>(), app.Services.GetRequiredService<NpgsqlDataSource>())
            : app.Services.GetRequiredService<ReceiveWebhook>().HandleAsync;
        app.MapPost(WebhookEndpoints.Path, receive).AllowAnonymous().ShortCircuit();
        await app.RunAsync();
    }

    private static async Task<RequestDelegate> InsertAsync(WebhookGate gate, NpgsqlDataSource dataSource)
    {
        await using var create = dataSource.CreateCommand(
            "CREATE TABLE IF NOT EXISTS public.floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)");
        await create.ExecuteNonQueryAsync();
        return context => InsertAsync(context, gate, dataSource);
    }

    private static async Task InsertAsync(HttpContext context, WebhookGate gate, NpgsqlDataSource dataSource)
    {
        var (memory, length) = await ReceiveWebhook.ReadAsync(context.Request.BodyReader, (int)context.Request.ContentLength!.Value, MaxBodyBytes, context.RequestAborted);
        try
        {
            var body = memory.AsMemory(0, length);
            var answer = await gate.CheckAsync(body, context.Request.Headers[WebhookSignature.HeaderName].ToString(), context.RequestAborted);
            if (answer.Verdict != GateVerdict.Accepted)
            {
                context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                return;
            }

            await using var insert = dataSource.CreateCommand("INSERT INTO public.floor (body) VALUES ($1)");
            insert.Parameters.Add(new() { Value = body });
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
