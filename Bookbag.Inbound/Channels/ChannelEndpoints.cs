using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Channels;

/// <summary>The WhatsApp card of an agent.</summary>
public static class ChannelEndpoints
{
    public static IHostApplicationBuilder AddChannels(this IHostApplicationBuilder builder)
    {
        if (builder.Services.Any(s => s.ServiceType == typeof(ChannelCards)))
            return builder;

        builder.AddChannelDirectory();
        builder.Services.AddGraphClient();
        builder.Services.AddOptions<ChannelOptions>().BindConfiguration(ChannelOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<ChannelCards>();
        builder.Services.AddSingleton<ChannelReports>();
        builder.Services.AddSingleton<ChannelActivity>();
        return builder;
    }

    public static void MapChannels(this IEndpointRouteBuilder endpoints)
    {
        var channel = endpoints.MapGroup("/api/agents/{agentId:guid}/channels/whatsapp").WithTags("Channels").RequireAuthorization(Policies.Viewer);
        channel.MapGet("", Get).WithName("GetChannel");
        channel.MapPut("", ConnectChannel.Handle).WithName("ConnectChannel").Records("channel.connected").RequireAuthorization(Policies.Admin);
        channel.MapDelete("", Disconnect).WithName("DisconnectChannel").Records("channel.disconnected").RequireAuthorization(Policies.Admin);
        channel.MapPost("/test", CheckChannel.Handle).WithName("TestChannel").RecordsNothing().RequireAuthorization(Policies.Admin);
    }

    internal static ProblemHttpResult NotConnected() => Refusal.NotFound("channel_not_found", "No WhatsApp number is connected to this agent.");

    private static async Task<Results<Ok<ChannelCard>, ProblemHttpResult>> Get(
        Guid agentId, HttpRequest http, Caller caller, PlatformDb db, ChannelCards cards, CancellationToken cancellationToken) =>
        await db.Channels.AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is { } channel
            ? TypedResults.Ok(await cards.DrawAsync(channel, caller, http, cancellationToken))
            : NotConnected();

    private static async Task<Results<NoContent, ProblemHttpResult>> Disconnect(
        Guid agentId, PlatformDb db, ChannelDirectory directory, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        // Conversations stay, to be read; nothing is sent or received on them any more.
        if (await db.Channels.Where(c => c.AgentId == agentId).ExecuteDeleteAsync(cancellationToken) == 0)
            return NotConnected();
        await directory.RefreshAsync(cancellationToken);
        wakeUps.Signal(ChannelDirectory.Topic);
        return TypedResults.NoContent();
    }
}
