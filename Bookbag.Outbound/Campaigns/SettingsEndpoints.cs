using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What an agent's people choose for everything it sends first.</summary>
/// <param name="TimeZone">The business's time zone, IANA.</param>
/// <param name="QuietFrom">Campaigns rest from here, by the clock on the wall; null for never.</param>
/// <param name="QuietTo">To here.</param>
/// <param name="CapMessages">How many marketing messages a contact gets at most, over all campaigns; null for any number.</param>
/// <param name="CapDays">In how many days.</param>
/// <param name="SingleShare">The share of the messaging limit that campaigns leave to single sends.</param>
/// <param name="MessagesPerSecond">A lower pace than Meta's: 20 for a number that is used in the WhatsApp Business app as well.</param>
public sealed record SendingSettings(
    [property: Required] string TimeZone = "UTC", TimeOnly? QuietFrom = null, TimeOnly? QuietTo = null,
    [property: Range(1, 1_000)] int? CapMessages = null, [property: Range(1, 90)] int? CapDays = null,
    [property: Range(0, 0.9)] double SingleShare = 0, [property: Range(1, 1_000)] int? MessagesPerSecond = null);

/// <summary>The settings of sending.</summary>
public static class SettingsEndpoints
{
    private const string Write = """
        INSERT INTO outbound.settings (agent_id, workspace_id, time_zone, quiet_from, quiet_to, cap_messages, cap_days, single_share, messages_per_second, updated_at)
        VALUES (@agent, @workspace, @time_zone, @quiet_from, @quiet_to, @cap_messages, @cap_days, @single_share, @messages_per_second, @now)
        ON CONFLICT (agent_id) DO UPDATE SET time_zone = excluded.time_zone, quiet_from = excluded.quiet_from, quiet_to = excluded.quiet_to,
            cap_messages = excluded.cap_messages, cap_days = excluded.cap_days, single_share = excluded.single_share,
            messages_per_second = excluded.messages_per_second, updated_at = excluded.updated_at
        """;

    /// <summary>Maps <c>/api/agents/{agentId}/outbound/settings</c>.</summary>
    public static void MapSendingSettings(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/agents/{agentId:guid}/outbound/settings").WithTags("Campaigns").RequireAuthorization(Policies.Viewer).RequireKnownAgent();
        group.MapGet("/", Get).WithName("GetSendingSettings").WithSummary("Time zone, quiet hours, frequency cap, share for single sends, pace");
        group.MapPut("/", Put).RequireAuthorization(Policies.Editor).WithName("PutSendingSettings").Records("sending_rules.changed").WithSummary("Changes them; they hold at once, for campaigns on their way too");
    }

    private static async Task<Ok<SendingSettings>> Get(Guid agentId, CampaignDesk desk, CancellationToken cancellationToken)
    {
        var rules = await desk.RulesAsync(agentId, cancellationToken);
        return TypedResults.Ok(new SendingSettings(
            rules.Zone.Id, rules.Quiet?.From, rules.Quiet?.To, rules.Cap?.Messages, rules.Cap?.Days, Math.Round(rules.SingleShare, 4), rules.MessagesPerSecond));
    }

    private static async Task<Results<Ok<SendingSettings>, ProblemHttpResult>> Put(
        Guid agentId, SendingSettings settings, Caller caller, NpgsqlDataSource dataSource, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(settings.TimeZone, out _))
            return Refusal.Invalid("time_zone_invalid", $"timeZone: \"{settings.TimeZone}\" is none. Write one like Europe/Berlin.");
        if (settings.QuietFrom is null != settings.QuietTo is null)
            return Refusal.Invalid("quiet_hours_invalid", "quietFrom and quietTo go together: give both, or neither.");
        if (settings.CapMessages is null != settings.CapDays is null)
            return Refusal.Invalid("frequency_cap_invalid", "capMessages and capDays go together: give both, or neither.");
        await using var command = dataSource.CreateCommand(Write);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("workspace", caller.WorkspaceId);
        command.Parameters.AddWithValue("time_zone", settings.TimeZone);
        command.Value("quiet_from", NpgsqlDbType.Time, settings.QuietFrom);
        command.Value("quiet_to", NpgsqlDbType.Time, settings.QuietTo);
        command.Value("cap_messages", NpgsqlDbType.Integer, settings.CapMessages);
        command.Value("cap_days", NpgsqlDbType.Integer, settings.CapDays);
        command.Parameters.AddWithValue("single_share", (float)settings.SingleShare);
        command.Value("messages_per_second", NpgsqlDbType.Integer, settings.MessagesPerSecond);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.Ok(settings);
    }
}
