using Bookbag.Outbound.MessagingLimits;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Sending;

/// <summary>A recipient whose message this replica hands to Graph.</summary>
/// <param name="CampaignId">Null for a single send.</param>
/// <param name="Attempts">How often it was tried, this time included.</param>
/// <param name="RetryUntil">Until when it may be tried again.</param>
internal sealed record ClaimedRecipient(
    Guid WorkspaceId, Guid ChannelId, Guid AgentId, Guid? CampaignId, Guid Id, short Round, int Attempts, string Customer, string Parameters, DateTimeOffset? RetryUntil, LedgerScope Scope,
    SendableTemplate Template)
{
    /// <summary>What goes to Meta with the message.</summary>
    public string CallbackData => new CallbackId(Id, Round).ToString();

    /// <summary>How the customer is reached.</summary>
    public CustomerAddress Address => AddressOf(Customer);

    /// <summary>An address as it is kept, <c>p:</c> and digits or <c>u:</c> and a user id.</summary>
    public static CustomerAddress AddressOf(string customer) => customer.StartsWith("p:", StringComparison.Ordinal)
        ? new CustomerAddress(customer[2..], null)
        : new CustomerAddress(null, customer[2..]);
}

/// <summary>What became of a message at Graph.</summary>
internal sealed record SentRecipient(ClaimedRecipient Recipient, SendOutcome Outcome, DateTimeOffset At);

/// <summary>A message that did not go out, or did not arrive, and what is done about it.</summary>
/// <param name="Reported">Whether Meta had taken it, and said so later.</param>
internal sealed record FailedRecipient(
    Guid WorkspaceId, Guid ChannelId, Guid AgentId, Guid? CampaignId, Guid Id, short Round, string Customer, LedgerScope Scope, bool Reported, GraphError Error, SendDecision Decision);
