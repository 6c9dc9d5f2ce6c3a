namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>One webhook POST, read: what it says, and what of it could not be read.</summary>
/// <param name="Changes">What it says, in Meta's order.</param>
/// <param name="Rejections">What could not be read; the rest counts all the same.</param>
public sealed record WebhookNotification(IReadOnlyList<WebhookChange> Changes, IReadOnlyList<WebhookRejection> Rejections);

/// <summary>One change of a POST: everything in it is about one account, and for messages about one number.</summary>
/// <param name="Path">Where it stands, <c>entry[0].changes[2]</c>.</param>
/// <param name="Field">Meta's name of the subject: <c>messages</c>, <c>account_update</c> …; null where Meta left it out.</param>
/// <param name="BusinessAccountId">The WhatsApp Business Account, <c>entry[].id</c>.</param>
/// <param name="PhoneNumberId">Meta's id of the number; only message webhooks name it.</param>
/// <param name="DisplayPhoneNumber">The number's digits, where they are named.</param>
/// <param name="At">When it happened, where Meta says so (not for messages: those have times of their own).</param>
/// <param name="Items">What happened.</param>
public sealed record WebhookChange(
    string Path, string? Field, string? BusinessAccountId, string? PhoneNumberId, string? DisplayPhoneNumber, DateTimeOffset? At,
    IReadOnlyList<WebhookItem> Items);

/// <summary>A piece of a POST that could not be read.</summary>
/// <param name="Path">Where it stands, <c>entry[0].changes[2].value.messages[5]</c>; <c>$</c> for the whole body.</param>
/// <param name="Reason">What is wrong with it, in words.</param>
/// <param name="BusinessAccountId">The account it is about, where that could be read.</param>
/// <param name="PhoneNumberId">The number it is about, where that could be read.</param>
public sealed record WebhookRejection(string Path, string Reason, string? BusinessAccountId = null, string? PhoneNumberId = null);

/// <summary>One thing that happened.</summary>
public abstract record WebhookItem
{
    /// <summary>Where it stands in the POST, <c>entry[0].changes[2].value.messages[5]</c>.</summary>
    public required string Path { get; init; }
}

/// <summary>A message of a chat, in either direction.</summary>
public abstract record WebhookMessage : WebhookItem
{
    /// <summary>Meta's message id: the same message always has the same one.</summary>
    public required string Wamid { get; init; }

    /// <summary>The customer of the chat.</summary>
    public required Customer Customer { get; init; }

    /// <summary>When it was written, by Meta's clock; a webhook may be seven days late. Null where Meta does not say, or not in a way that is a time.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Meta's type, as it came.</summary>
    public required string Type { get; init; }

    /// <summary>The type, where it is a known one.</summary>
    public MessageKind Kind { get; init; }

    /// <summary>What a person reads of it: text, caption, label of the button, name of the place …; null where there is nothing to read.</summary>
    public string? Text { get; init; }

    /// <summary>Meta's own JSON for the type (<c>message.image</c>, <c>message.order</c> …), the whole message where that part is missing; null for text.</summary>
    public string? Content { get; init; }

    /// <summary>The message this one quotes, answers, reacts to, edits or takes back.</summary>
    public string? ContextWamid { get; init; }

    /// <summary>Meta's JSON of the context, where it says more than which message is quoted: forwarded, or written from a product.</summary>
    public string? Context { get; init; }

    /// <summary>The file it comes with.</summary>
    public MediaReference? Media { get; init; }

    /// <summary>The group it was written in; null in a chat between two.</summary>
    public string? GroupId { get; init; }

    /// <summary>Whether it is old and comes from the import of a chat history: to be kept at most, it triggers nothing.</summary>
    public bool Imported { get; init; }
}

/// <summary>A file at Meta.</summary>
/// <param name="Id">Meta's id of it: good for seven days.</param>
/// <param name="MimeType">Its type, by the sender's word.</param>
/// <param name="Filename">Its name.</param>
/// <param name="Sha256">Its SHA-256, where Meta says it in a way that is one.</param>
/// <param name="Url">Where it is now: good for five minutes, with the access token.</param>
public sealed record MediaReference(string Id, string? MimeType, string? Filename, byte[]? Sha256, string? Url);

/// <summary>A customer's message.</summary>
public sealed record InboundMessage : WebhookMessage
{
    /// <summary>Whether it was forwarded.</summary>
    public bool Forwarded { get; init; }

    /// <summary>Whether it has been forwarded more than five times.</summary>
    public bool FrequentlyForwarded { get; init; }

    /// <summary>Meta's JSON about the ad or post that the customer came from; on the first message only.</summary>
    public string? Referral { get; init; }

    /// <summary>What was tapped or filled in.</summary>
    public InteractiveAnswer? Answer { get; init; }

    /// <summary>What a system message says of the customer's number or user id.</summary>
    public IdentityChange? IdentityChange { get; init; }

    /// <summary>Why Meta could not pass the message on, or its file.</summary>
    public IReadOnlyList<GraphError> Errors { get; init; } = [];

    /// <summary>
    /// Whether the agent owes an answer: something was said, to the business, now. Reactions, notices, edits and what Meta does not
    /// pass on are shown and answered by nobody; neither are groups and imported history.
    /// </summary>
    public bool DeservesAnswer => !Imported && GroupId is null && Kind.IsSaid();
}

/// <summary>What a customer tapped or filled in.</summary>
/// <param name="Type">Meta's type: <c>button_reply</c>, <c>list_reply</c>, <c>nfm_reply</c> …, and <c>button</c> for a template's quick reply.</param>
/// <param name="Id">The id or payload that we gave the choice.</param>
/// <param name="Title">The label.</param>
/// <param name="Description">The line under the label in a list.</param>
/// <param name="ResponseJson">A form's answers: a text that is usually, not always, a JSON object.</param>
public sealed record InteractiveAnswer(string Type, string? Id, string? Title, string? Description, string? ResponseJson);

/// <summary>A customer is reached in another way from now on.</summary>
/// <param name="Previous">The number or user id before.</param>
/// <param name="Current">The number or user id now; what did not change is missing.</param>
/// <param name="PreviousParentUserId">The parent user id before.</param>
/// <param name="CurrentParentUserId">The parent user id now.</param>
public sealed record IdentityChange(CustomerAddress Previous, CustomerAddress Current, string? PreviousParentUserId = null, string? CurrentParentUserId = null);

/// <summary>A change of a customer's user id that came by itself, not as a message of the chat.</summary>
/// <param name="Change">What changed.</param>
/// <param name="At">When, by Meta's clock.</param>
public sealed record IdentityUpdate(IdentityChange Change, DateTimeOffset? At) : WebhookItem;

/// <summary>A message that a person typed in the WhatsApp Business app on the phone: a person has taken over.</summary>
public sealed record MessageEcho : WebhookMessage;

/// <summary>How far one of our messages has come.</summary>
public sealed record StatusUpdate : WebhookItem
{
    /// <summary>Meta's id of our message.</summary>
    public required string Wamid { get; init; }

    /// <summary>Meta's word, as it came.</summary>
    public required string StatusText { get; init; }

    /// <summary>The status, where it is a known one.</summary>
    public MessageStatus Status { get; init; }

    /// <summary>When, by Meta's clock.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>The customer's number as Meta writes it; missing where Meta does not disclose it, and for a group.</summary>
    public string? RecipientPhone { get; init; }

    /// <summary>The customer's business-scoped user id.</summary>
    public string? RecipientUserId { get; init; }

    /// <summary>The group the message went to; null in a chat between two.</summary>
    public string? GroupId { get; init; }

    /// <summary>The member of the group this status is about.</summary>
    public string? GroupParticipant { get; init; }

    /// <summary>What we sent along as <c>biz_opaque_callback_data</c>: our own id of the message.</summary>
    public string? CallbackData { get; init; }

    /// <summary>Why it failed.</summary>
    public IReadOnlyList<GraphError> Errors { get; init; } = [];

    /// <summary>Meta's JSON about the price.</summary>
    public string? Pricing { get; init; }

    /// <summary>Meta's own JSON of it.</summary>
    public string Json { get; init; } = "{}";
}

/// <summary>A problem of the number or the account that belongs to no message.</summary>
/// <param name="Error">The problem.</param>
public sealed record ChannelError(GraphError Error) : WebhookItem;

/// <summary>A customer wants more, or no more, messages of a category. Meta's word may be one that nobody knew: <see cref="Json"/> has it.</summary>
/// <param name="Customer">Who.</param>
/// <param name="At">When, by Meta's clock.</param>
/// <param name="Json">Meta's own JSON of it.</param>
public sealed record PreferenceChange(CustomerAddress Customer, DateTimeOffset? At, string Json) : WebhookItem;

/// <summary>Everything else that Meta tells of an account, a number or a template: its <c>value</c> as it came.</summary>
/// <param name="Field">The subject; null where Meta left it out.</param>
/// <param name="Value">Meta's JSON.</param>
/// <param name="At">When, by Meta's clock.</param>
public sealed record AccountChange(string? Field, string Value, DateTimeOffset? At) : WebhookItem;
