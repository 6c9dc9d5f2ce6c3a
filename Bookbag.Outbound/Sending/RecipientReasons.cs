using System.Globalization;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Sending;

/// <summary>Why a recipient got nothing, or not yet: stable codes for programs, words for people.</summary>
public static class RecipientReasons
{
    public const string Refused = "refused";
    public const int UnsendableCode = -1; // not Meta's: the message could not be made
    public const string NotReached = "meta_not_reached";
    public const string OutcomeUnknown = "outcome_unknown";
    public const string AnswerLost = "answer_lost";
    public const string WorkerDied = "worker_died";
    public const string NoUsableNumber = "no_usable_number";
    public const string OptedOut = "opted_out";
    public const string FrequencyCap = "frequency_cap";
    public const string MissingValue = "missing_value";
    public const string Cancelled = "cancelled";
    public const string TooLate = "too_late";
    public const string TemplateNotApproved = "template_not_approved";
    public const string PairLimit = "pair_limit";
    public const string MessagingLimit = "messaging_limit";

    /// <summary>The code that programs see: Meta's number where Meta gave one.</summary>
    public static string Code(string reason, int? errorCode) => errorCode?.ToString(CultureInfo.InvariantCulture) ?? reason;

    /// <summary>In words, with what to do about it.</summary>
    public static string Words(string reason, int? errorCode, string? detail) => reason switch
    {
        Refused when errorCode is { } code => GraphErrorKinds.Find(code, null) is { } kind
            ? $"{char.ToUpperInvariant(kind.Meaning[0])}{kind.Meaning[1..]}. {kind.Advice}"
            : $"Meta refused it with error {code}, which is not known here. {detail}".TrimEnd(),
        NotReached => "Meta could not be reached. Check the connection from here to Meta.",
        OutcomeUnknown => "Nobody knows whether it arrived: Meta's answer was lost and no status came. It is not sent again by itself; decide under Unresolved.",
        AnswerLost => "Meta's answer was lost. Its status tells what became of it.",
        WorkerDied => "The program stopped while it was being sent. Its status tells what became of it.",
        NoUsableNumber => "The contact has no usable phone number. Add one with its country code.",
        OptedOut => "The contact wants no marketing.",
        FrequencyCap => "The contact got as many marketing messages lately as the settings allow.",
        MissingValue => "A value for the template is missing, and there is no fallback. Fill in the contact's field, or give a fallback.",
        Cancelled => "The campaign was cancelled before it was sent.",
        TooLate => "It could not be sent before its time was over.",
        TemplateNotApproved => "The template is not approved by Meta, or not any more.",
        PairLimit => "Another message went to this customer a moment ago; this one follows.",
        MessagingLimit => "The messaging limit is used up; it follows when a place frees up.",
        _ => reason,
    };
}
