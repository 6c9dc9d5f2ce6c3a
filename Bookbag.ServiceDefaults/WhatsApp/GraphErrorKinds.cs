using System.Collections.Frozen;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>What is known of an error code of Meta's, or of a range of them.</summary>
/// <param name="From">The first code.</param>
/// <param name="To">The last code; the same as the first for a single one.</param>
/// <param name="Action">What to do about it.</param>
/// <param name="Meaning">What it means, in words.</param>
/// <param name="Advice">What a person does about it.</param>
/// <param name="Wait">How long to wait at least before trying again.</param>
/// <param name="MaxRetries">How often trying again is worth it; then the message has failed.</param>
public sealed record GraphErrorKind(int From, int To, GraphAction Action, string Meaning, string Advice, TimeSpan? Wait = null, int? MaxRetries = null);

/// <summary>Meta's error codes, as its documentation lists them and as they are seen.</summary>
/// <remarks>https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes</remarks>
public static class GraphErrorKinds
{
    /// <summary>Every known code and range.</summary>
    public static IReadOnlyList<GraphErrorKind> All { get; } =
    [
        // Access: the token or its permissions.
        Of(0, GraphAction.BreakChannel, "the access token cannot be authenticated", "Make a new access token and save it on the WhatsApp card."),
        Of(3, GraphAction.BreakChannel, "the app lacks the capability or permission for this", "Give the app the permissions whatsapp_business_messaging and whatsapp_business_management."),
        Of(10, GraphAction.BreakChannel, "a permission is missing or was taken away", "Give the system user and its token the permissions whatsapp_business_messaging and whatsapp_business_management."),
        Of(33, GraphAction.BreakChannel, "the phone number id does not exist, was deleted, or the token has no access to it", "Check the phone number id in the send URL, and that the token's system user may use this WhatsApp account."),
        Of(104, GraphAction.BreakChannel, "no access token was given", "Save the access token on the WhatsApp card again."),
        Of(190, GraphAction.BreakChannel, "the access token is invalid or has expired", "Make a new access token for the system user, best one without expiry, and save it on the WhatsApp card."),
        Range(200, 299, GraphAction.BreakChannel, "a permission is missing", "Give the system user and its token the permissions whatsapp_business_messaging and whatsapp_business_management."),
        Of(803, GraphAction.BreakChannel, "the object does not exist", "Check the phone number id in the send URL."),
        Of(1005, GraphAction.BreakChannel, "the number is still on the old on-premises API", "Migrate the number to the Cloud API."),
        Of(131005, GraphAction.BreakChannel, "access denied", "Give the system user and its token the permissions whatsapp_business_messaging and whatsapp_business_management."),

        // The account, its payment, its standing.
        Of(368, GraphAction.BreakChannel, "Meta has restricted or disabled the account for breaking a policy", "See Meta Business Suite, Account quality, and ask for a review there."),
        Of(131031, GraphAction.BreakChannel, "Meta has locked the account, or the two-step PIN does not match", "See Meta Business Suite, Account quality; check the number's PIN."),
        Of(131037, GraphAction.BreakChannel, "the display name of the number has not been approved yet", "Ask for approval of the display name in WhatsApp Manager."),
        Of(131042, GraphAction.BreakChannel, "the WhatsApp account cannot be charged or is not eligible", "Check the payment method of the WhatsApp Business Account in Meta Business Suite."),
        Of(131044, GraphAction.BreakChannel, "the WhatsApp account cannot be charged for calls", "Check the payment method of the WhatsApp Business Account in Meta Business Suite."),
        Of(131045, GraphAction.BreakChannel, "the number's registration or certificate is not in order", "Register the number again in WhatsApp Manager."),
        Of(131048, GraphAction.PauseSending, "Meta has restricted the number because too many of its messages were blocked or reported", "Stop writing first for some hours, and see the number's quality in WhatsApp Manager.", TimeSpan.FromHours(4)),
        Of(131064, GraphAction.PauseSending, "the messaging limit is used up because templates were filed under the wrong category", "Wait; Meta lifts it by itself. File templates under their right category."),

        // Load and outages.
        Of(1, GraphAction.Retry, "an unknown error of Meta, or a malformed request", "Try again; if it stays, the request is wrong.", MaxRetries: 2),
        Of(2, GraphAction.Retry, "Meta's service is down or overloaded", "Nothing; it is tried again."),
        Of(4, GraphAction.SlowDown, "the app has used up its calls", "Nothing; calls slow down and go on.", TimeSpan.FromMinutes(5)),
        Of(17, GraphAction.SlowDown, "the user has used up its calls", "Nothing; calls slow down and go on.", TimeSpan.FromMinutes(1)),
        Of(613, GraphAction.SlowDown, "a limit of calls is used up", "Nothing; calls slow down and go on.", TimeSpan.FromMinutes(1)),
        Of(80007, GraphAction.SlowDown, "the WhatsApp account has used up its management calls", "Nothing; calls go on within the hour.", TimeSpan.FromMinutes(10)),
        Of(130429, GraphAction.SlowDown, "the number has reached its throughput", "Nothing; sending slows down and goes on."),
        Of(131000, GraphAction.Retry, "an unknown failure of Meta", "Nothing; it is tried again a few times.", MaxRetries: 3),
        Of(131016, GraphAction.Retry, "Meta's service is not available", "Nothing; it is tried again."),
        Of(131057, GraphAction.Retry, "the number is being moved to a higher throughput", "Nothing; it is tried again in a minute.", TimeSpan.FromMinutes(1)),
        Of(133004, GraphAction.Retry, "Meta's server is not available for the moment", "Nothing; it is tried again."),
        Of(2494100, GraphAction.Retry, "the number is in maintenance", "Nothing; it is tried again in some minutes.", TimeSpan.FromMinutes(5)),

        // The recipient.
        Of(130403, GraphAction.FailMessage, "you have blocked this customer", "Unblock the customer to write to them."),
        Of(130472, GraphAction.FailMessage, "Meta keeps marketing from this customer for an experiment", "Reach the customer another way; trying again does not help."),
        Of(130497, GraphAction.FailMessage, "the business may not write to this country", "Leave the country out of the audience."),
        Of(131021, GraphAction.FailMessage, "the recipient is the sending number itself", "Leave the number out."),
        Of(131026, GraphAction.FailMessage, "it cannot be delivered: the number is not on WhatsApp, has not accepted its terms, or uses an old app", "Check the number; ask the customer to update WhatsApp."),
        Of(131047, GraphAction.FailMessage, "more than 24 hours have passed since the customer last wrote", "Send an approved template instead."),
        Of(131049, GraphAction.RetryRecipientLater, "Meta held it back so that the customer does not get too much marketing", "It is tried once more, no sooner than a day later; more often makes it worse.", TimeSpan.FromHours(24), MaxRetries: 1),
        Of(131050, GraphAction.SuppressMarketing, "the customer has stopped marketing from this business", "Nothing; the customer gets no more marketing until they resume it."),
        Of(131056, GraphAction.RetryRecipientLater, "too many messages went to this one customer in a short time", "Nothing; this customer waits, others go on.", TimeSpan.FromSeconds(4)),
        Of(131062, GraphAction.FailMessage, "this kind of message cannot be sent to a user id", "A phone number is needed; ask the customer for it."),
        Of(137000, GraphAction.FailMessage, "the customer's identity has changed since it was last confirmed", "Make sure that it is still the same person."),
        Of(131020, GraphAction.FailMessage, "a group problem", "Check the group."),
        Of(131041, GraphAction.FailMessage, "a group problem", "Check the group."),
        Range(131200, 131299, GraphAction.FailMessage, "a group problem", "Check the group."),

        // The template.
        Of(131061, GraphAction.StopTemplate, "a template with a highest price can only be sent through the marketing API", "Take the highest price off the template."),
        Of(131063, GraphAction.StopTemplate, "marketing templates are switched off for the Cloud API in this WhatsApp account", "Switch them on in WhatsApp Manager."),
        Of(132000, GraphAction.StopTemplate, "the number of values does not match the template", "Sync templates, then check the values."),
        Of(132001, GraphAction.StopTemplate, "the template does not exist in this language, or is not approved", "Sync templates and choose an approved one."),
        Of(132005, GraphAction.FailMessage, "the text is too long with this customer's values in it", "Shorten the values."),
        Of(132007, GraphAction.StopTemplate, "the template breaks Meta's content policy", "Change the template and have it approved again."),
        Of(132008, GraphAction.StopTemplate, "a value does not have the form the template asks for", "Check the template's values."),
        Of(132012, GraphAction.StopTemplate, "a value does not have the form the template asks for", "Check the template's values."),
        Of(132015, GraphAction.StopTemplate, "Meta has paused the template for low quality", "Wait until Meta approves it again, or improve it; the messages left are kept."),
        Of(132016, GraphAction.StopTemplate, "Meta has disabled the template for low quality", "Make a new template."),
        Of(132018, GraphAction.StopTemplate, "the template's values are not valid", "Check the template's values."),
        Of(132068, GraphAction.StopTemplate, "the template's form (flow) is blocked", "Mend the flow in WhatsApp Manager."),
        Of(132069, GraphAction.StopTemplate, "the template's form (flow) is throttled to ten an hour", "Mend the flow in WhatsApp Manager."),
        Range(200_005, 200_007, GraphAction.Ignore, "template insights are not available", "Nothing."),
        Of(2388019, GraphAction.FixRequest, "the account has as many templates as it may have", "Delete templates that are not used."),
        Of(2388039, GraphAction.Retry, "the template's status does not allow a change now", "Wait until Meta has reviewed it.", TimeSpan.FromHours(1)),
        Of(2388040, GraphAction.FixRequest, "a text of the template is too long", "Shorten it."),
        Of(2388047, GraphAction.FixRequest, "the template's header is not in order", "Correct the header."),
        Of(2388072, GraphAction.FixRequest, "the template's body is not in order", "Correct the body."),
        Of(2388073, GraphAction.FixRequest, "the template's footer is not in order", "Correct the footer."),
        Of(2388293, GraphAction.FixRequest, "the template has too many variables for its length", "Write more text, or use fewer variables."),
        Of(2388299, GraphAction.FixRequest, "the template begins or ends with a variable", "Put words before and after it."),

        // The request.
        Of(100, GraphAction.FixRequest, "a parameter is invalid or misspelt", "See the details."),
        Of(131008, GraphAction.FixRequest, "a required parameter is missing", "See the details."),
        Of(131009, GraphAction.FixRequest, "a parameter's value is not valid", "See the details."),
        Of(131030, GraphAction.FixRequest, "a test number may only write to the recipients on its list", "Add the recipient under API Setup, or use a real number."),
        Of(131051, GraphAction.FixRequest, "the type of message is not supported", "Send another type of message."),
        Of(131052, GraphAction.FailMessage, "the customer's file could not be fetched", "Ask the customer to send a smaller file."),
        Of(131053, GraphAction.FixRequest, "the file could not be uploaded: its type or size is not allowed", "Use an allowed type and size."),
        Of(131055, GraphAction.FixRequest, "this way of sending is only for marketing templates", "Send it as an ordinary message."),
        Of(131059, GraphAction.FixRequest, "the place in the list is no longer valid", "Begin the list again."),
        Of(131060, GraphAction.Ignore, "the message can only be seen on the phone", "Look at it in the WhatsApp Business app."),
        Of(134011, GraphAction.FixRequest, "the terms of WhatsApp Payments have not been accepted", "Accept them in WhatsApp Manager."),
        Of(134100, GraphAction.FixRequest, "the marketing API takes marketing templates only", "Send it as an ordinary message."),
        Of(134101, GraphAction.Retry, "the template is still being copied to the marketing API", "Nothing; it is tried again in ten minutes.", TimeSpan.FromMinutes(10)),
        Of(134102, GraphAction.BreakChannel, "the template is not available to the marketing API", "See the template in WhatsApp Manager."),
        Of(135000, GraphAction.FixRequest, "a parameter is wrong; Meta does not say which", "See the details."),
        Range(138_000, 138_999, GraphAction.FailMessage, "a calling problem", "See the details."),
        Range(139_000, 139_999, GraphAction.FailMessage, "a problem of flows or of the block list", "See the details."),
        Range(147_001, 147_005, GraphAction.FailMessage, "a problem of the business's user name", "See the details."),
        Of(1752041, GraphAction.Ignore, "the same onboarding was asked for before", "Nothing."),

        // Registration, verification, migration of numbers: a person must act.
        Of(133000, GraphAction.BreakChannel, "an earlier deregistration of the number is incomplete", "Deregister the number again, then register it."),
        Of(133005, GraphAction.BreakChannel, "the two-step PIN is wrong", "Check the PIN, or reset it in WhatsApp Manager."),
        Of(133006, GraphAction.BreakChannel, "the number must be verified before it is registered", "Verify the number in WhatsApp Manager."),
        Of(133008, GraphAction.BreakChannel, "the two-step PIN was wrong too often", "Wait as long as the details say."),
        Of(133009, GraphAction.BreakChannel, "the two-step PIN was entered too fast", "Wait as long as the details say."),
        Of(133010, GraphAction.BreakChannel, "the number is not registered on the Cloud API", "Register the number in WhatsApp Manager."),
        Of(133015, GraphAction.BreakChannel, "the number was deleted a moment ago", "Wait five minutes, then register it.", TimeSpan.FromMinutes(5)),
        Of(133016, GraphAction.BreakChannel, "the number was registered too often", "Wait 72 hours.", TimeSpan.FromHours(72)),
        Of(136024, GraphAction.BreakChannel, "a verification code could not be sent or checked", "See the details."),
        Of(136025, GraphAction.BreakChannel, "a verification code could not be sent or checked", "See the details."),
        Of(2388001, GraphAction.BreakChannel, "the number cannot be moved or verified", "See the details in WhatsApp Manager."),
        Of(2388012, GraphAction.BreakChannel, "the number cannot be moved or verified", "See the details in WhatsApp Manager."),
        Of(2388091, GraphAction.BreakChannel, "the number cannot be moved or verified", "See the details in WhatsApp Manager."),
        Of(2388093, GraphAction.BreakChannel, "the number cannot be moved or verified", "See the details in WhatsApp Manager."),
        Of(2388103, GraphAction.BreakChannel, "the number cannot be moved or verified", "See the details in WhatsApp Manager."),
        Of(2593107, GraphAction.BreakChannel, "the app on the phone was synchronised too often", "See the details in WhatsApp Manager."),
        Of(2593108, GraphAction.BreakChannel, "the app on the phone can no longer be synchronised", "See the details in WhatsApp Manager."),
    ];

    private static readonly FrozenDictionary<int, GraphErrorKind> Single = All.Where(kind => kind.From == kind.To).ToFrozenDictionary(kind => kind.From);
    private static readonly GraphErrorKind[] Ranges = [.. All.Where(kind => kind.From != kind.To)];

    // Why a token is refused, https://developers.facebook.com/docs/graph-api/guides/error-handling
    private static readonly FrozenDictionary<int, string> TokenProblems = new Dictionary<int, string>
    {
        [458] = "the app was removed from the account that made the access token",
        [460] = "the access token ended because a password was changed",
        [463] = "the access token has expired",
        [467] = "the access token is not valid any more",
    }.ToFrozenDictionary();

    // Codes that say little themselves; a subcode that is known says more.
    private static readonly FrozenSet<int> Vague = FrozenSet.Create(1, 100, 136024, 136025);

    /// <summary>What is known of an error; null for a code nobody knew.</summary>
    public static GraphErrorKind? Find(int code, int? subcode)
    {
        var kind = Find(code);
        if (subcode is not { } sub)
            return kind;
        if (code == 190 && kind is not null && TokenProblems.TryGetValue(sub, out var meaning))
            return kind with { Meaning = meaning };

        // Meta's 2388xxx mostly come as the subcode of another code.
        return (kind is null || Vague.Contains(code)) && Single.TryGetValue(sub, out var bySubcode) ? bySubcode : kind;
    }

    private static GraphErrorKind? Find(int code) =>
        Single.GetValueOrDefault(code) ?? Array.Find(Ranges, kind => kind.From <= code && code <= kind.To);

    private static GraphErrorKind Of(int code, GraphAction action, string meaning, string advice, TimeSpan? wait = null, int? MaxRetries = null) =>
        new(code, code, action, meaning, advice, wait, MaxRetries);

    private static GraphErrorKind Range(int from, int to, GraphAction action, string meaning, string advice) => new(from, to, action, meaning, advice);
}
