using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Webhooks;

/// <summary>How long to wait for more of what a customer is writing before it is answered.</summary>
public sealed class DebounceOptions : IValidatableObject
{
    public const string Section = "Turns:Debounce";

    /// <summary>The quiet time after the last message.</summary>
    public TimeSpan QuietPeriod { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>The quiet time after a message that reads complete.</summary>
    public TimeSpan QuietPeriodWhenComplete { get; set; } = TimeSpan.FromSeconds(0.4);

    /// <summary>However much a customer writes: the answer is begun this long after the first message without one.</summary>
    public TimeSpan Cap { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, value) in new[] { (nameof(QuietPeriod), QuietPeriod), (nameof(QuietPeriodWhenComplete), QuietPeriodWhenComplete), (nameof(Cap), Cap) })
        {
            if (value < TimeSpan.Zero || value > TimeSpan.FromMinutes(1))
                yield return new($"{Section}:{name} must be between 0 and 1 minute.", [name]);
        }
    }
}

/// <summary>Several messages in a row get one answer.</summary>
public static class Debounce
{
    /// <summary>When the messages of a conversation are to be answered, the latest of them having just come.</summary>
    /// <param name="arrivedAt">When the latest one came.</param>
    /// <param name="unansweredSince">When the first one without an answer came.</param>
    /// <param name="text">What the latest one says.</param>
    /// <param name="options">The times.</param>
    public static DateTimeOffset DueAt(DateTimeOffset arrivedAt, DateTimeOffset unansweredSince, string? text, DebounceOptions options)
    {
        var quiet = arrivedAt + (ReadsComplete(text) ? options.QuietPeriodWhenComplete : options.QuietPeriod);
        var latest = unansweredSince + options.Cap;
        return quiet < latest ? quiet : latest;
    }

    // A full stop ends a thought, three of them announce more of it.
    private static bool ReadsComplete(string? text) => text.AsSpan().TrimEnd() is [.., var last] trimmed
        && "?!.？！。؟।".Contains(last)
        && !trimmed.EndsWith("..");
}
