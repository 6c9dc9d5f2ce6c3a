using System.Buffers;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bookbag.Tests.Benchmarks;

/// <summary>What the `webhooks` benchmark measures against: the least that an honest receiver does, in a process of its own behind the same Edge.</summary>
/// <remarks><c>verify</c> checks the signature and answers; <c>insert</c> also writes each request with an INSERT of its own before it answers.</remarks>
public static class FloorServer
{
    public static async Task RunAsync(string mode, int port, string appSecret, string connectionString)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        await using var dataSource = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxPoolSize = 30 }.ConnectionString);
        var secret = System.Text.Encoding.UTF8.GetBytes(appSecret);
        if (mode == "insert")
        {
            await using var create = dataSource.CreateCommand("CREATE TABLE IF NOT EXISTS public.floor (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, received_at timestamptz NOT NULL DEFAULT now(), body bytea NOT NULL)");
            await create.ExecuteNonQueryAsync();
        }

        app.MapGet("/alive", () => "Healthy");
        app.MapGet("/health", () => "Healthy");
        app.MapPost("/channels/whatsapp/webhook", async (HttpContext context) =>
        {
            var length = (int)context.Request.ContentLength!.Value;
            var buffer = ArrayPool<byte>.Shared.Rent(length);
            try
            {
                await context.Request.Body.ReadExactlyAsync(buffer.AsMemory(0, length), context.RequestAborted);
                if (!WebhookSignature.Verify(buffer.AsSpan(0, length), context.Request.Headers["X-Hub-Signature-256"], secret))
                {
                    context.Response.StatusCode = StatusCodes.Status401Unauthorized;
                    return;
                }

                if (mode == "insert")
                {
                    await using var insert = dataSource.CreateCommand("INSERT INTO public.floor (body) VALUES ($1)");
                    insert.Parameters.Add(new() { Value = buffer.AsMemory(0, length) });
                    await insert.ExecuteNonQueryAsync(context.RequestAborted);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        });
        await app.RunAsync();
    }
}
