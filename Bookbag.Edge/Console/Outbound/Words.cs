using System.Globalization;
using Bookbag.Edge.Console.Shared;

namespace Bookbag.Edge.Console.Outbound;

/// <summary>The API's words in those of people.</summary>
public static class Words
{
    /// <summary>A number as it is read.</summary>
    public static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>A number of things.</summary>
    public static string Count(long number, string one, string many) => $"{Count(number)} {(number == 1 ? one : many)}";

    /// <summary>A share of a whole; it says 100% of all of it only.</summary>
    public static string Share(long part, long whole) => whole == 0 ? "0%" : (100d * part / whole) switch
    {
        0 => "0%",
        < 1 => "< 1%",
        > 99 and < 100 => "99%",
        var share => string.Create(CultureInfo.InvariantCulture, $"{share:0}%"),
    };

    /// <summary>How long something takes, roughly.</summary>
    public static string About(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => Count(Math.Max(1, (long)Math.Ceiling(time.TotalSeconds)), "second", "seconds"),
        { TotalMinutes: < 90 } => Count((long)Math.Round(time.TotalMinutes), "minute", "minutes"),
        { TotalHours: < 36 } => Count((long)Math.Round(time.TotalHours), "hour", "hours"),
        _ => Count((long)Math.Round(time.TotalDays), "day", "days"),
    };

    /// <summary>A template's status, what it means for its author, and how good that is. One that nobody knows is shown as it is.</summary>
    public static (string Words, string Meaning, Tone Tone) TemplateStatus(string status) => status.ToUpperInvariant() switch
    {
        "DRAFT" => ("Draft", "Not submitted yet. Submit it, so that Meta can review it.", Tone.Quiet),
        "PENDING" or "IN_APPEAL" => ("In review", "Meta is looking at it; most take minutes, some a day.", Tone.Busy),
        "APPROVED" => ("Approved", "It can be sent.", Tone.Good),
        "REJECTED" => ("Rejected", "Meta refused it. Change what the reason names, and submit it again.", Tone.Bad),
        "PAUSED" => ("Paused", "Meta holds it, because customers reported or blocked it. It comes back by itself; better text helps.", Tone.Warning),
        "DISABLED" => ("Disabled", "Meta ended it for its quality. Write another one.", Tone.Bad),
        "PENDING_DELETION" or "DELETED" => ("Deleted at Meta", "It cannot be sent any more.", Tone.Bad),
        "LIMIT_EXCEEDED" => ("Too many templates", "The account has as many templates as Meta allows. Delete some.", Tone.Warning),
        _ => (status, "Meta calls it this.", Tone.Quiet),
    };

    /// <summary>A category.</summary>
    public static string Category(string category) => category.ToUpperInvariant() switch
    {
        "MARKETING" => "Marketing",
        "UTILITY" => "Utility",
        "AUTHENTICATION" => "Authentication",
        _ => category,
    };

    /// <summary>A campaign's state.</summary>
    public static (string Words, Tone Tone) CampaignState(string state) => state switch
    {
        "draft" => ("Draft", Tone.Quiet),
        "scheduled" => ("Scheduled", Tone.Busy),
        "sending" => ("Sending", Tone.Busy),
        "waiting" => ("Waiting", Tone.Warning),
        "paused" => ("Paused", Tone.Warning),
        "completed" => ("Completed", Tone.Good),
        "cancelled" => ("Cancelled", Tone.Quiet),
        "failed" => ("Failed", Tone.Bad),
        _ => (state, Tone.Quiet),
    };

    /// <summary>A bucket of a campaign's funnel.</summary>
    public static (string Words, Tone Tone) Bucket(string bucket) => bucket switch
    {
        "pending" => ("To be sent", Tone.Quiet),
        "sending" => ("Being sent", Tone.Busy),
        "sent" => ("Sent", Tone.Busy),
        "delivered" => ("Delivered", Tone.Good),
        "read" => ("Read", Tone.Good),
        "replied" => ("Replied", Tone.Good),
        "skipped" => ("Skipped", Tone.Quiet),
        "limited" => ("Held back by Meta", Tone.Warning),
        "failed" => ("Failed", Tone.Bad),
        "unresolved" => ("Outcome unknown", Tone.Warning),
        _ => (bucket, Tone.Quiet),
    };

    /// <summary>What a contact said of marketing.</summary>
    public static (string Words, Tone Tone) Consent(string state) => state switch
    {
        "opted_in" => ("Opted in", Tone.Good),
        "opted_out" => ("Opted out", Tone.Bad),
        _ => ("Not asked", Tone.Quiet),
    };

    /// <summary>How consent came.</summary>
    public static string ConsentSource(string? source) => source switch
    {
        "stop_word" => "wrote STOP",
        "start_word" => "wrote START",
        "by_hand" => "by hand",
        "api" => "by API",
        "import" => "by a file",
        "preference" => "changed it in WhatsApp",
        "error_131050" => "stopped marketing in WhatsApp",
        null => "",
        _ => source,
    };

    /// <summary>How far an import is.</summary>
    public static (string Words, Tone Tone) ImportState(string state) => state switch
    {
        "uploading" => ("Uploading", Tone.Busy),
        "ready" => ("Waits for its columns", Tone.Warning),
        "running" => ("Importing", Tone.Busy),
        "completed" => ("Completed", Tone.Good),
        "cancelled" => ("Cancelled", Tone.Quiet),
        "failed" => ("Failed", Tone.Bad),
        _ => (state, Tone.Quiet),
    };
}
