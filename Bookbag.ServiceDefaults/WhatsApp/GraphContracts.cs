namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>What became of one call of Graph's messages endpoint. Gateways return outcomes, they do not throw.</summary>
public abstract record SendOutcome
{
    private SendOutcome() { }

    /// <summary>Meta took the message: 200 with a message id. Accepted is not sent; statuses tell the rest.</summary>
    /// <param name="Wamid">Meta's message id.</param>
    /// <param name="WaId">The customer's number as Meta writes it: the canonical one, to be kept as an alias.</param>
    /// <param name="UserId">The customer's business-scoped user id, where Meta names it.</param>
    /// <param name="Held">Meta holds the message back for a quality assessment: in flight, not to be sent again.</param>
    public sealed record Accepted(string Wamid, string? WaId, string? UserId, bool Held) : SendOutcome;

    /// <summary>Meta, or the network before a byte left, refused it: nothing was sent.</summary>
    public sealed record Refused(GraphError Error) : SendOutcome;

    /// <summary>It may or may not have been sent: the answer was lost, late or unreadable. Settled by a status webhook, not by sending again.</summary>
    /// <param name="Reason">What happened, in words.</param>
    public sealed record Unknown(string Reason) : SendOutcome;
}

/// <summary>A refusal of Graph, understood.</summary>
/// <param name="Code">Meta's error code; 0 with <see cref="GraphAction.Retry"/> for the network.</param>
/// <param name="Subcode">Meta's subcode, where there is one.</param>
/// <param name="Message">Meta's message, as it came.</param>
/// <param name="Details">Meta's details, as they came.</param>
/// <param name="Action">What to do about it.</param>
/// <param name="Advice">What to do about it, in words for people.</param>
/// <param name="RetryAfter">How long to wait at least before it is tried again: as Meta asks, or as the kind of error is known to need.</param>
/// <param name="MaxRetries">How often it is worth trying again, where that is known.</param>
public sealed record GraphError(
    int Code, int? Subcode, string Message, string? Details, GraphAction Action, string Advice, TimeSpan? RetryAfter = null, int? MaxRetries = null)
{
    /// <summary>What it says, for people: what to do about it, and Meta's own words.</summary>
    public string InWords => string.Join(" ", new[] { Advice, Details ?? Message }.Where(part => !string.IsNullOrWhiteSpace(part)));

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient => Action is GraphAction.Retry or GraphAction.RetryRecipientLater or GraphAction.SlowDown;
}

/// <summary>What to do about an error of Graph.</summary>
public enum GraphAction
{
    /// <summary>Try again with exponential back-off and jitter.</summary>
    Retry,

    /// <summary>Try this recipient again later; others go on.</summary>
    RetryRecipientLater,

    /// <summary>Slow the number down, then try again.</summary>
    SlowDown,

    /// <summary>This message failed for good.</summary>
    FailMessage,

    /// <summary>The recipient does not want marketing: suppress, and fail this message.</summary>
    SuppressMarketing,

    /// <summary>Stop sending this template.</summary>
    StopTemplate,

    /// <summary>Stop business-initiated sending of the number or portfolio for a while.</summary>
    PauseSending,

    /// <summary>The channel is broken: stop and tell the operator.</summary>
    BreakChannel,

    /// <summary>Our request is wrong: fail, and tell the developer.</summary>
    FixRequest,

    /// <summary>Nothing.</summary>
    Ignore,
}

/// <summary>The answer of a management call of Graph: a value, or an error.</summary>
public sealed record GraphResult<T>(T? Value, GraphError? Error) where T : class;

/// <summary>What Graph tells of a phone number; every part may be missing.</summary>
public sealed record PhoneNumberDetails(
    string? Id, string? DisplayPhoneNumber, string? VerifiedName, string? QualityRating, string? Status,
    string? Throughput, string? MessagingLimitTier, string? BusinessAccountId, string? PortfolioId)
{
    /// <summary>The <see cref="Throughput"/> of a number that is used in the WhatsApp Business app as well: 20 messages a second, whatever level Meta names.</summary>
    public const string OnPhone = "COEXISTENCE";

    /// <summary>The app that the token belongs to.</summary>
    public string? AppId { get; init; }

    /// <summary>What Meta says is wrong with the number, its account or its portfolio, in Meta's words.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];
}
