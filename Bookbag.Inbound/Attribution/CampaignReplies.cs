using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Attribution;

namespace Bookbag.Inbound.Attribution;

/// <summary>What a turn does about replies to campaigns. Pure.</summary>
internal static class CampaignReplies
{
    /// <summary>The campaign whose replies go to people, where one of the waiting messages answers such a one; null where the agent answers.</summary>
    /// <remarks>Once a person has handed the conversation back after the campaign's message, the agent goes on: that is what the person wanted.</remarks>
    public static TemplateMessage? ForPerson(TurnState turn)
    {
        var byCampaigns = turn.Templates.Where(t => t is { CampaignId: not null, MayBeThere: true }).ToList();
        if (byCampaigns.Count == 0)
            return null;
        var messages = byCampaigns.Select(t => new CampaignMessage(t.Id, t.CampaignId!.Value, t.Wamid, t.BegunAt!.Value)).ToList(); // filtered above
        return turn.Awaiting
            .Select(said => AttributionRule.Link(new CustomerReply(said.At, said.ContextWamid, said.ButtonOf), messages))
            .Select(link => link is null ? null : byCampaigns.Find(t => t.Id == link.Message.RecipientId))
            .FirstOrDefault(t => t is { ReplyMode: "human" } && !(turn.HandedBackAt >= t.BegunAt));
    }

    /// <summary>What was said before, with the templates that went to the customer in their places: the latest of both.</summary>
    public static IReadOnlyList<SaidMessage> Merge(IReadOnlyList<SaidMessage> history, IReadOnlyList<TemplateMessage> templates, int most) =>
        templates.Any(IsTold)
            ? [.. history.Concat(templates.Where(IsTold).Select(Said)).OrderBy(said => said.At).ThenBy(said => said.Id).TakeLast(most)]
            : history;

    private static bool IsTold(TemplateMessage template) => template.Status is "sent" or "delivered" or "read" && !string.IsNullOrWhiteSpace(template.Text);

    private static SaidMessage Said(TemplateMessage template) => new(template.Id, false, "template", template.Text, template.Wamid)
    {
        At = template.At,
        ByPerson = template.ByPerson,
        ByCampaign = !template.ByPerson,
    };
}
