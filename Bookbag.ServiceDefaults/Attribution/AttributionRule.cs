namespace Bookbag.ServiceDefaults.Attribution;

/// <summary>A customer's message, as far as it says what it answers.</summary>
/// <param name="At">When it was written, by Meta's clock, which counts whole seconds.</param>
/// <param name="Quoted">Meta's id of the message that it quotes, or whose button was tapped.</param>
/// <param name="Token">The recipient whose button was tapped.</param>
public readonly record struct CustomerReply(DateTimeOffset At, string? Quoted = null, Guid? Token = null);

/// <summary>A campaign's message to the customer.</summary>
/// <param name="RecipientId">The customer in the campaign.</param>
/// <param name="Wamid">Meta's id of it, where it is known.</param>
/// <param name="At">The earliest time at which the customer can have had it.</param>
public sealed record CampaignMessage(Guid RecipientId, Guid CampaignId, string? Wamid, DateTimeOffset At);

/// <summary>By which rule a message is linked to a campaign.</summary>
public enum AttributionEvidence
{
    /// <summary>Exact: it quotes the campaign's message.</summary>
    Quoted,

    /// <summary>Exact: a button of the campaign's message was tapped.</summary>
    Button,

    /// <summary>Inferred: the campaign's message was the latest in the 72 hours before.</summary>
    Latest,
}

/// <summary>The campaign that a message answers, and the evidence.</summary>
/// <param name="Late">Whether it came after the 72 hours; only what is exact still counts then.</param>
/// <param name="Others">Other campaigns' messages that it might have answered, the latest first.</param>
public sealed record CampaignLink(CampaignMessage Message, AttributionEvidence Evidence, bool Late, IReadOnlyList<CampaignMessage> Others)
{
    /// <summary>Whether the customer's phone said so itself.</summary>
    public bool IsExact => Evidence != AttributionEvidence.Latest;
}

/// <summary>Which campaign a customer's message answers: the one whose message is quoted or whose button was tapped, however late; else the latest within 72 hours.</summary>
/// <remarks>
/// It depends on nothing but what is known of the messages, not on the order in which that came to be known. Inbound asks it before the agent answers,
/// Outbound to count replies.
/// </remarks>
public static class AttributionRule
{
    /// <summary>How long after a campaign's message an answer to nothing in particular counts as one to it.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromHours(72);

    /// <summary>The link; null where it answers no campaign.</summary>
    /// <param name="reply">The customer's message.</param>
    /// <param name="messages">What campaigns sent to this customer on this number; one that stands there twice counts once.</param>
    public static CampaignLink? Link(CustomerReply reply, IEnumerable<CampaignMessage> messages)
    {
        var latestFirst = messages.DistinctBy(m => m.RecipientId).OrderByDescending(m => m.At).ThenByDescending(m => m.RecipientId).ToList();
        var within = latestFirst.Where(m => IsWithin(reply, m)).ToList();

        var quoted = reply.Quoted is null ? null : latestFirst.Find(m => m.Wamid == reply.Quoted);
        var tapped = reply.Token is null ? null : latestFirst.Find(m => m.RecipientId == reply.Token);
        if ((quoted ?? tapped ?? within.FirstOrDefault()) is not { } answered)
            return null;
        var evidence = answered == quoted ? AttributionEvidence.Quoted : answered == tapped ? AttributionEvidence.Button : AttributionEvidence.Latest;
        return new CampaignLink(answered, evidence, Late: evidence != AttributionEvidence.Latest && reply.At > answered.At + Window,
            [.. within.Where(m => m.CampaignId != answered.CampaignId)]);
    }

    // An answer in the second of the message itself seems to come before it: Meta cuts the fraction off.
    private static bool IsWithin(CustomerReply reply, CampaignMessage message) =>
        message.At < reply.At.AddSeconds(1) && reply.At <= message.At + Window;
}
