using System.Text.Json;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Where a campaign is.</summary>
public enum CampaignState
{
    /// <summary>Being made.</summary>
    Draft,

    /// <summary>Starts by itself at a time.</summary>
    Scheduled,

    /// <summary>Goes out.</summary>
    Sending,

    /// <summary>Goes on by itself: when places free up, quiet hours end, the canary has been watched, the channel works again.</summary>
    Waiting,

    /// <summary>Goes on when a person says so.</summary>
    Paused,

    /// <summary>Every recipient was written to, or has a reason why not.</summary>
    Completed,

    /// <summary>Ended by a person.</summary>
    Cancelled,

    /// <summary>Could not begin.</summary>
    Failed,
}

/// <summary>Who answers replies.</summary>
public enum ReplyMode
{
    /// <summary>The agent.</summary>
    Ai,

    /// <summary>A person.</summary>
    Human,
}

/// <summary>One template, one audience, one reply mode, one send. Read and drafted here; whatever moves its state is SQL that says from which state.</summary>
public sealed class Campaign
{
    private Campaign() { }

    public Guid WorkspaceId { get; private set; }
    public Guid ChannelId { get; private set; }
    public Guid AgentId { get; private set; }
    public Guid Id { get; private set; }
    public string Name { get; private set; } = "";
    public ReplyMode ReplyMode { get; private set; }
    public Guid TemplateId { get; private set; }

    /// <summary>Variable → <see cref="VariableMapping"/>.</summary>
    public JsonElement Variables { get; private set; }

    /// <summary>The filter.</summary>
    public JsonElement Audience { get; private set; }

    /// <summary><see cref="GuardRails"/>.</summary>
    public JsonElement Guard { get; private set; }

    public CampaignState State { get; private set; }
    public string? Reason { get; private set; }
    public string? Detail { get; private set; }
    public DateTimeOffset? WaitUntil { get; private set; }
    public string? Category { get; private set; }
    public DateTimeOffset? StartsAt { get; private set; }
    public DateTimeOffset? StartBefore { get; private set; }
    public DateTimeOffset? LaunchedAt { get; private set; }
    public DateTimeOffset? PreparedAt { get; private set; }
    public int Recipients { get; private set; }
    public int Released { get; private set; }
    public DateTimeOffset? RetryUntil { get; private set; }
    public DateTimeOffset? CompletedAt { get; private set; }
    public DateTimeOffset CreatedAt { get; private set; }
    public DateTimeOffset UpdatedAt { get; private set; }

    /// <summary>A campaign that is being made.</summary>
    public static Campaign Draft(Guid workspaceId, Guid channelId, Guid agentId, DateTimeOffset now) => new()
    {
        WorkspaceId = workspaceId,
        ChannelId = channelId,
        AgentId = agentId,
        Id = Guid.CreateVersion7(now),
        CreatedAt = now,
    };

    /// <summary>Says what it is to be; false when it is no draft any more.</summary>
    public bool Describe(
        string name, ReplyMode replyMode, Guid templateId, IReadOnlyDictionary<string, VariableMapping> variables, JsonElement audience, GuardRails guard, DateTimeOffset now)
    {
        if (State != CampaignState.Draft)
            return false;
        (Name, ReplyMode, TemplateId, Audience, UpdatedAt) = (name, replyMode, templateId, audience, now);
        (Variables, Guard) = (CampaignJson.Write(variables), CampaignJson.Write(guard));
        return true;
    }

    /// <summary>Says who gets it; false when it is no draft any more.</summary>
    public bool Address(JsonElement audience, DateTimeOffset now)
    {
        if (State != CampaignState.Draft)
            return false;
        (Audience, UpdatedAt) = (audience, now);
        return true;
    }

    internal sealed class Mapping : IEntityTypeConfiguration<Campaign>
    {
        public void Configure(EntityTypeBuilder<Campaign> builder)
        {
            builder.ToTable("campaigns").HasKey(c => new { c.ChannelId, c.Id });
            builder.Property(c => c.State).HasConversion<SnakeCaseEnum<CampaignState>>().IsConcurrencyToken(); // a draft that was launched meanwhile is not changed
            builder.Property(c => c.ReplyMode).HasConversion<SnakeCaseEnum<ReplyMode>>();
            builder.Property(c => c.Variables).HasColumnType("jsonb");
            builder.Property(c => c.Audience).HasColumnType("jsonb");
            builder.Property(c => c.Guard).HasColumnType("jsonb");
        }
    }
}

/// <summary>Where a variable's value comes from: one of a contact's field, a custom attribute, a fixed text; and what stands in where there is none.</summary>
/// <param name="Field">name, first_name, phone, email, language, external_id.</param>
/// <param name="Attribute">A custom attribute's name.</param>
/// <param name="Value">A fixed text.</param>
/// <param name="Fallback">Where the contact has no value.</param>
public sealed record VariableMapping(string? Field = null, string? Attribute = null, string? Value = null, string? Fallback = null);

/// <summary>What keeps a campaign from doing harm.</summary>
/// <param name="CanaryShare">The share of the audience that goes first; 0 for all at once.</param>
/// <param name="CanaryMinutes">How long the canary is watched after its last message.</param>
/// <param name="StopAtFailures">It stops by itself when this share of what was tried has failed.</param>
/// <param name="StopAtOptOuts">It stops by itself when this share of those who got it opted out.</param>
/// <param name="RetryHeldBackHours">For how long after the launch what Meta held back (131049) may be tried again.</param>
public sealed record GuardRails(double CanaryShare = 0, int CanaryMinutes = 15, double StopAtFailures = 0.25, double StopAtOptOuts = 0.03, int RetryHeldBackHours = 72)
{
    /// <summary>Shares of fewer than these say nothing.</summary>
    public const int LeastTried = 40;

    /// <summary>How many go first of an audience.</summary>
    public int CanaryOf(int recipients) => CanaryShare <= 0 ? recipients : Math.Min(recipients, Math.Max(1, (int)Math.Ceiling(recipients * CanaryShare)));

    /// <summary>Why a campaign has to stop; null while it may go on.</summary>
    public (string Reason, string Detail)? StopFor(int tried, int failed, int delivered, int optedOut)
    {
        if (tried >= LeastTried && failed > tried * StopAtFailures)
            return (CampaignReasons.TooManyFailures, $"{failed:N0} of {tried:N0} messages failed. See the reasons, then resume or cancel.");
        if (delivered >= LeastTried && optedOut > delivered * StopAtOptOuts)
            return (CampaignReasons.TooManyOptOuts, $"{optedOut:N0} of {delivered:N0} people who got it opted out. Think again about audience and text, then resume or cancel.");
        return null;
    }
}

/// <summary>Why a campaign waits, is paused or failed: stable codes.</summary>
public static class CampaignReasons
{
    public const string MessagingLimit = "messaging_limit";
    public const string QuietHours = "quiet_hours";
    public const string Canary = "canary";
    public const string Resting = "resting";
    public const string Restricted = "restricted";
    public const string ChannelBroken = "channel_broken";
    public const string ChannelGone = "channel_gone";
    public const string ByHand = "by_hand";
    public const string TemplateRefused = "template_refused";
    public const string TemplateNotApproved = "template_not_approved";
    public const string TemplateTurnedMarketing = "template_turned_marketing";
    public const string TooManyFailures = "too_many_failures";
    public const string TooManyOptOuts = "too_many_opt_outs";
    public const string MissedStart = "missed_start";
}

/// <summary>How the parts of a campaign are kept.</summary>
internal static class CampaignJson
{
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull };

    public static JsonElement Write<T>(T value) => JsonSerializer.SerializeToElement(value, Options);

    public static T Read<T>(JsonElement json) where T : class => json.Deserialize<T>(Options) ?? throw new JsonException("It is null.");

    public static T Read<T>(string json) where T : class => JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("It is null.");
}
