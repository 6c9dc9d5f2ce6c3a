using Bookbag.Edge.Clients;

namespace Bookbag.Edge.Console.Operations;

/// <summary>The activity log's actions in people's words.</summary>
public static class ActivityWords
{
    /// <summary>What can be asked for: everything that was done to one kind of thing.</summary>
    public static IReadOnlyList<(string Value, string Words)> Kinds { get; } =
    [
        ("", "Everything"), ("member.*", "Members and sign-ins"), ("key.*", "API keys"), ("agent.*", "Agents"), ("channel.*", "WhatsApp numbers"), ("source.*", "Sources"),
        ("template.*", "Templates"), ("import.*", "Imports"), ("contact.*", "Contacts"), ("campaign.*", "Campaigns"), ("webhook.*", "Replays"), ("outgoing_webhook.*", "Outgoing webhooks"),
    ];

    /// <summary>What was done; an action that is not known yet is shown as it is.</summary>
    public static string Of(string action) => action switch
    {
        "workspace.renamed" => "Renamed the workspace",
        "member.invited" => "Invited a member",
        "member.role_changed" => "Gave a member another role",
        "member.removed" => "Removed a member",
        "member.signed_in" => "Signed in",
        "member.sign_in_refused" => "Sign-in refused",
        "member.password_changed" => "Changed their password",
        "key.created" => "Made an API key",
        "key.revoked" => "Took an API key back",
        "agent.created" => "Made an agent",
        "agent.renamed" => "Renamed an agent",
        "agent.settings_changed" => "Changed how the agent behaves",
        "help_desk.changed" => "Changed how tickets find their people",
        "channel.connected" => "Connected a number or changed its credentials",
        "channel.disconnected" => "Disconnected the number",
        "source.added" => "Added a source",
        "source.changed" => "Changed a source",
        "source.deleted" => "Deleted a source",
        "gap.answered" => "Answered a knowledge gap",
        "gap.dismissed" => "Dismissed a knowledge gap",
        "template.submitted" => "Submitted a template",
        "template.deleted" => "Deleted a template",
        "import.started" => "Started an import",
        "import.cancelled" => "Stopped an import",
        "contact.deleted" => "Deleted a contact",
        "contact.opted_out" => "Opted a contact out",
        "contact.opted_in" => "Wrote down that a contact agreed to marketing",
        "sending_rules.changed" => "Changed the rules of sending",
        "campaign.created" => "Drafted a campaign",
        "campaign.deleted" => "Deleted a draft",
        "campaign.launched" => "Launched a campaign",
        "campaign.paused" => "Paused a campaign",
        "campaign.resumed" => "Resumed a campaign",
        "campaign.cancelled" => "Cancelled a campaign",
        "campaign.unresolved_decided" => "Decided about messages of unknown outcome",
        "webhook.replayed" => "Replayed a webhook",
        "webhook.span_replayed" => "Replayed a span of the webhook log",
        "outgoing_webhook.created" => "Added an outgoing webhook",
        "outgoing_webhook.changed" => "Changed an outgoing webhook",
        "outgoing_webhook.removed" => "Removed an outgoing webhook",
        "outgoing_webhook.secret_renewed" => "Made a new secret for an outgoing webhook",
        _ => action,
    };

    /// <summary>The page of what it was done to; null where there is none, or not any more.</summary>
    public static string? PageOf(ActivityItem entry) => (entry.Action.Split('.'), entry.AgentId, entry.SubjectId) switch
    {
        ([_, "deleted" or "removed"], _, _) => null,
        (["campaign", _], { } agent, { } id) => $"/agents/{agent}/outbound/campaigns/{id}",
        (["template", _], { } agent, { } id) => $"/agents/{agent}/outbound/templates/{id}",
        (["import", _], { } agent, { } id) => $"/agents/{agent}/outbound/contacts/imports/{id}",
        (["source", _], { } agent, { } id) => $"/agents/{agent}/knowledge/sources/{id}",
        _ => null,
    };
}
