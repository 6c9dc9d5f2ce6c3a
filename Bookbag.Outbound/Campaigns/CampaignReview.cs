using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sending;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What a launch would do, without doing it.</summary>
public static class CampaignReview
{
    /// <summary>What a launch would do.</summary>
    /// <param name="Launchable">Whether it can be launched now.</param>
    /// <param name="Problems">What stands against that, in words.</param>
    /// <param name="Audience">How many contacts there are.</param>
    /// <param name="Recipients">How many of them get it.</param>
    /// <param name="Left">Who does not get it, and why.</param>
    /// <param name="Usage">The messaging limit and what is used of it.</param>
    /// <param name="Today">How many go out today, in the business's time zone, if it is launched now.</param>
    /// <param name="Tomorrow">How many go out tomorrow.</param>
    /// <param name="Days">How many go out on which day.</param>
    /// <param name="EndsAt">When the last one goes out; null where there is no place at all.</param>
    public sealed record Review(
        bool Launchable, IReadOnlyList<string> Problems, int Audience, int Recipients, IReadOnlyList<FunnelReason> Left, Usage Usage, double PerSecond, int Canary,
        int Today, int Tomorrow, IReadOnlyList<ForecastDay> Days, DateTimeOffset? EndsAt);

    internal static async Task<Results<Ok<Review>, ProblemHttpResult>> Handle(
        Guid agentId, Guid id, OutboundDb db, PlatformDb platform, CampaignDesk desk, TierReader tiers, Openings openings, Pace pace, NpgsqlDataSource dataSource, TimeProvider clock,
        CancellationToken cancellationToken)
    {
        if (await CampaignEndpoints.FindAsync(db, agentId, id, cancellationToken) is not { } campaign)
            return CampaignEndpoints.NotFound();
        if (await platform.Channels.SingleOrDefaultAsync(c => c.Id == campaign.ChannelId, cancellationToken) is not { } channel)
            return Refusal.Conflict("channel_not_connected", "The campaign's WhatsApp number is not connected any more.");
        var template = await CampaignEndpoints.FindTemplateAsync(db, agentId, campaign.TemplateId, cancellationToken);
        var problem = await tiers.RefreshAsync(platform, channel, cancellationToken);

        var rules = await desk.RulesAsync(agentId, cancellationToken);
        var counts = await CountAsync(campaign, template, rules, dataSource, clock.GetUtcNow(), cancellationToken);
        var recipients = counts.GetValueOrDefault("");
        var left = counts.Where(c => c.Key.Length > 0).Select(c => new FunnelReason(c.Key, RecipientReasons.Words(c.Key, null, null), c.Key == RecipientReasons.NoUsableNumber ? "failed" : "skipped", c.Value));

        var scope = ChannelWork.ScopeOf(channel.PortfolioId, channel.PhoneNumberId, channel.Tier).Keeping(rules.SingleShare);
        var perSecond = pace.PerSecond(channel.Throughput, rules.MessagesPerSecond);
        var (now, guard) = (clock.GetUtcNow(), CampaignJson.Read<GuardRails>(campaign.Guard));
        var forecast = Forecast.Of(recipients, now, scope.Limit, await openings.FreesAsync(channel, cancellationToken), perSecond, rules.NotQuiet, rules.Zone);
        var today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, rules.Zone).DateTime);
        int On(DateOnly day) => forecast.Days.FirstOrDefault(d => d.Date == day)?.Messages ?? 0;

        List<string> problems = [];
        if (template is not { IsSendable: true })
            problems.Add("The template is not approved by Meta.");
        if (counts.Count == 0)
            problems.Add("Nobody is in the audience.");
        if (channel.Problem is not null)
            problems.Add(channel.Problem);
        var canary = guard.CanaryOf(recipients);
        return TypedResults.Ok(new Review(
            problems.Count == 0 && campaign.State is CampaignState.Draft or CampaignState.Scheduled, problems, counts.Values.Sum(), recipients, [.. left],
            Usage.Of(channel, await openings.CountAsync(channel, cancellationToken), problem), perSecond, canary < recipients ? canary : 0,
            On(today), On(today.AddDays(1)), forecast.Days,
            canary < recipients ? forecast.EndsAt + TimeSpan.FromMinutes(guard.CanaryMinutes) : forecast.EndsAt));
    }

    /// <summary>How many get it (under the empty text), and how many do not, by reason.</summary>
    private static async Task<Dictionary<string, int>> CountAsync(
        Campaign campaign, Template? template, SendingRules rules, NpgsqlDataSource dataSource, DateTimeOffset now, CancellationToken cancellationToken)
    {
        // What was stored was read before it was.
        if (!ContactFilter.TryParse(campaign.Audience, out var filter, out var problem))
            throw new InvalidOperationException(problem);
        var marketing = template is not null && Categories.Of(template.Category) == Categories.Marketing;
        var parts = AudienceSql.Parts.Of(filter, CampaignJson.Read<Dictionary<string, VariableMapping>>(campaign.Variables), marketing ? rules.Cap : null);
        await using var command = dataSource.CreateCommand(AudienceSql.Review(parts));
        command.Parameters.AddRange(parts.Values.ToArray());
        command.Parameters.AddWithValue("workspace", campaign.WorkspaceId);
        command.Parameters.AddWithValue("agent", campaign.AgentId);
        command.Parameters.AddWithValue("channel", campaign.ChannelId);
        command.Parameters.AddWithValue("marketing", marketing);
        command.Parameters.AddWithValue("now", now);
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            counts[row.Text(0) ?? ""] = row.GetInt32(1);
        return counts;
    }
}
