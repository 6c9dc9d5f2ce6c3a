using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Redis;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Outbound.MessagingLimits;

/// <summary>How much of Meta's messaging limit is used.</summary>
public static class UsageEndpoints
{
    /// <summary>Adds what the endpoint needs.</summary>
    public static void AddMessagingLimits(this IHostApplicationBuilder builder)
    {
        builder.Services.AddGraphClient();
        builder.Services.AddSingleton<TierReader>();
        builder.Services.AddSingleton<Openings>();
        builder.AddBookbagRedis();
        builder.Services.AddSingleton<Ledger>();
    }

    /// <summary>Maps <c>/api/agents/{agentId}/outbound/usage</c>.</summary>
    public static void MapUsage(this IEndpointRouteBuilder app) => app.MapGet("/api/agents/{agentId:guid}/outbound/usage", GetUsage)
        .RequireAuthorization(Policies.Viewer).WithTags("Messaging limit").WithName("GetMessagingLimitUsage")
        .WithSummary("Tells the tier of the agent's number, how many customers it lets be opened in 24 hours, and how many of them are used.");

    private static async Task<Results<Ok<Usage>, ProblemHttpResult>> GetUsage(
        Guid agentId, PlatformDb platform, TierReader tiers, Openings openings, CancellationToken cancellationToken)
    {
        if (!await platform.Agents.AnyAsync(a => a.Id == agentId, cancellationToken))
            return Refusal.NotFound("agent_not_found", "There is no such agent.");
        if (await platform.Channels.SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is not { } channel)
            return Refusal.Conflict("channel_not_connected", "This agent has no WhatsApp number yet. Connect one on its Deploy tab; its messaging limit shows here then.");

        var problem = await tiers.RefreshAsync(platform, channel, cancellationToken);
        return TypedResults.Ok(Usage.Of(channel, await openings.CountAsync(channel, cancellationToken), problem));
    }
}

/// <summary>What is used of the messaging limit. All channels of a business portfolio share it.</summary>
/// <param name="Tier">Meta's tier; null while Meta has not told it.</param>
/// <param name="Unlimited">Whether the tier has no limit.</param>
/// <param name="Limit">How many unique customers may be opened in a moving 24 hours; null without a limit, or where the tier is not known.</param>
/// <param name="Used">How many were, in the last 24 hours.</param>
/// <param name="Remaining">How many more may be; null where there is no <see cref="Limit"/>.</param>
/// <param name="NextFreeAt">When the next place frees up; null where none is used.</param>
/// <param name="TierReadAt">When Meta told the tier.</param>
/// <param name="Problem">Why the tier could not be read anew, in words; null while it can.</param>
public sealed record Usage(
    string? Tier, bool Unlimited, int? Limit, int Used, int? Remaining, DateTimeOffset? NextFreeAt, DateTimeOffset? TierReadAt, string? Problem)
{
    internal static Usage Of(Channel channel, Openings.Use use, string? problem)
    {
        var tier = MessagingLimitTiers.Parse(channel.Tier);
        // A tier that Meta lowered may leave more used than it allows.
        int? remaining = tier.Limit is { } limit ? Math.Max(0, limit - use.Customers) : null;
        return new Usage(tier.Name, tier.IsUnlimited, tier.Limit, use.Customers, remaining, use.NextFreeAt, channel.CheckedAt, problem);
    }
}
