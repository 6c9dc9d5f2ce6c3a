using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Text.Json;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Takes in a POST of Meta: raw bytes, signature, webhook log, and 200 only after the commit.</summary>
public sealed partial class ReceiveWebhook(
    WebhookGate gate, IntakeBatcher batcher, IntakeMetrics metrics, TimeProvider clock, IOptions<IntakeOptions> options, ILogger<ReceiveWebhook> logger)
{
    // What tells where a webhook came from and how; nothing that could be a secret.
    private static readonly string[] KeptHeaders = ["Content-Type", "User-Agent", "X-Forwarded-For", "X-Request-Id"];

    private readonly IntakeOptions _options = options.Value;

    public async Task HandleAsync(HttpContext context)
    {
        var (status, verdict) = await TakeAsync(context);
        metrics.Received(verdict);
        if (status is StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized or StatusCodes.Status413PayloadTooLarge)
            Log.Refused(logger, verdict, context.Connection.RemoteIpAddress?.ToString());
        if (status == StatusCodes.Status503ServiceUnavailable)
            context.Response.Headers.RetryAfter = "5";
        context.Response.StatusCode = status;
    }

    private async Task<(int Status, string Verdict)> TakeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.ContentLength > _options.MaxBodyBytes)
            return (StatusCodes.Status413PayloadTooLarge, "too_large");

        var (memory, length) = await ReadAsync(request.BodyReader, (int)(request.ContentLength ?? 4096), _options.MaxBodyBytes, context.RequestAborted);
        try
        {
            if (length > _options.MaxBodyBytes)
                return (StatusCodes.Status413PayloadTooLarge, "too_large");

            var body = memory.AsMemory(0, length);
            var signature = request.Headers[WebhookSignature.HeaderName].ToString();
            var answer = await gate.CheckAsync(body, signature, context.RequestAborted);
            if (answer.Verdict == GateVerdict.NotJson)
                return (StatusCodes.Status400BadRequest, "not_json");
            // The same answer for both: who asks does not learn which numbers are connected here.
            if (answer.Verdict != GateVerdict.Accepted)
                return (StatusCodes.Status401Unauthorized, answer.Verdict == GateVerdict.Unknown ? "unknown" : "bad_signature");

            var arrival = new WebhookArrival(clock.GetUtcNow(), answer.ChannelIds, signature, Headers(request), Traceparent(request), body);
            return await batcher.StoreAsync(arrival) ? (StatusCodes.Status200OK, "accepted") : (StatusCodes.Status503ServiceUnavailable, "not_stored");
        }
        catch (NpgsqlException)
        {
            // A number that is not in memory could not be looked up.
            return (StatusCodes.Status503ServiceUnavailable, "not_stored");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(memory);
        }
    }

    /// <summary>Reads a body into pooled memory, as it is. One longer than the limit is read no further.</summary>
    internal static async Task<(byte[] Memory, int Length)> ReadAsync(PipeReader reader, int expected, int max, CancellationToken cancellationToken)
    {
        var memory = ArrayPool<byte>.Shared.Rent(Math.Max(expected, 1));
        var length = 0;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var next = length + (int)Math.Min(read.Buffer.Length, max + 1L);
            if (next > max)
            {
                reader.AdvanceTo(read.Buffer.End);
                return (memory, next);
            }

            if (next > memory.Length)
                memory = Grow(memory, length, Math.Max(next, memory.Length * 2));
            read.Buffer.CopyTo(memory.AsSpan(length));
            length = next;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return (memory, length);
        }
    }

    private static byte[] Grow(byte[] memory, int length, int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        memory.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(memory);
        return larger;
    }

    /// <summary>The trace this request belongs to, also where nobody here records it.</summary>
    private static string? Traceparent(HttpRequest request) =>
        Activity.Current?.Id ?? (ActivityContext.TryParse(request.Headers.TraceParent, null, out _) ? request.Headers.TraceParent.ToString() : null);

    private static string Headers(HttpRequest request)
    {
        var kept = new Dictionary<string, string>(KeptHeaders.Length);
        foreach (var name in KeptHeaders)
        {
            if (request.Headers.TryGetValue(name, out var value))
                kept[name] = value.ToString();
        }

        return JsonSerializer.Serialize(kept);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A webhook was refused: {Verdict}, from {Address}")]
        public static partial void Refused(ILogger logger, string verdict, string? address);
    }
}
