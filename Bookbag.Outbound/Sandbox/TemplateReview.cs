using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.Outbound.Templates;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Reviews templates as Meta would: after a while, by rule, with a webhook of the outcome. Also whatever else happens to a template.</summary>
internal sealed class TemplateReview(SandboxState state, Schedule schedule, WebhookOutbox outbox, SandboxOptions options, TimeProvider clock)
{
    /// <summary>Puts a template before the reviewers. Call it under the gate.</summary>
    public void Begin(AccountTemplate template)
    {
        (template.Status, template.RejectedReason) = (TemplateStatuses.Pending, "NONE");
        var submission = ++template.Submission;
        schedule.At(clock.GetUtcNow() + options.TemplateReviewAfter, _ => Decide(template, submission));
    }

    /// <summary>What the reviewers say: null approves. A text that a reviewer of ours would refuse for its content is one that asks for it.</summary>
    internal static string? RejectionOf(AccountTemplate template)
    {
        var definition = TemplateDefinition.Read(template.Components, template.ParameterFormat, template.Category);
        if (template.Name.Contains("reject", StringComparison.Ordinal))
            return "INVALID_FORMAT";
        if (definition.Body.Contains("free money", StringComparison.OrdinalIgnoreCase))
            return "SCAM";
        return template.Category == "UTILITY" && definition.Body.Contains("% off", StringComparison.OrdinalIgnoreCase) ? "INCORRECT_CATEGORY" : null;
    }

    /// <summary>Lets something happen to a template, with the webhooks that Meta would send of it.</summary>
    public void Change(AccountTemplate template, TemplateHappening happening)
    {
        var updates = new List<(string Field, JsonObject Value)>();
        lock (state.Gate)
        {
            if (happening.Status is { } status)
            {
                (template.Status, template.RejectedReason) = (status, happening.Reason ?? "NONE");
                updates.Add(("message_template_status_update", StatusValue(template, happening.Title)));
            }

            if (happening.Quality is { } quality)
            {
                var value = Head(template);
                (value["previous_quality_score"], value["new_quality_score"]) = (template.Quality, quality);
                template.Quality = quality;
                updates.Add(("message_template_quality_update", value));
            }

            if (happening.Category is { } category && category != template.Category)
            {
                var value = Head(template);
                (value["previous_category"], value["new_category"]) = (template.Category, category);
                (template.PreviousCategory, template.Category) = (template.Category, category);
                updates.Add(("template_category_update", value));
            }

            if (happening.NextCategory is { } next)
            {
                var value = Head(template);
                (value["new_category"], value["correct_category"]) = (template.Category, next);
                value["category_update_timestamp"] = (clock.GetUtcNow() + TimeSpan.FromHours(24)).ToUnixTimeSeconds();
                updates.Add(("template_category_update", value));
            }
        }

        foreach (var (field, value) in updates)
            Tell(template, field, value);
    }

    private void Decide(AccountTemplate template, int submission)
    {
        lock (state.Gate)
        {
            if (template.Submission != submission || template.Status != TemplateStatuses.Pending)
                return;
        }

        var reason = RejectionOf(template);
        Change(template, new TemplateHappening { Status = reason is null ? TemplateStatuses.Approved : TemplateStatuses.Rejected, Reason = reason });
    }

    private static JsonObject StatusValue(AccountTemplate template, string? title)
    {
        var value = Head(template);
        value["event"] = template.Status;
        value["reason"] = template.RejectedReason;
        value["message_template_category"] = template.Category;
        if (title is not null)
            value["other_info"] = new JsonObject { ["title"] = title, ["description"] = "Your template was paused because of its quality." };
        return value;
    }

    private static JsonObject Head(AccountTemplate template) => new()
    {
        ["message_template_id"] = template.Number,
        ["message_template_name"] = template.Name,
        // Webhooks write the language with a dash.
        ["message_template_language"] = template.Language.Replace('_', '-'),
    };

    private void Tell(AccountTemplate template, string field, JsonObject value)
    {
        SandboxNumber? number;
        lock (state.Gate)
            number = state.NumbersOf(template.Account).FirstOrDefault();
        if (number is not null)
            outbox.Add(new RawUpdate(number, field, JsonSerializer.SerializeToUtf8Bytes(value)));
    }
}

/// <summary>What Meta does to a template by itself; what is left out stays.</summary>
public sealed record TemplateHappening
{
    /// <summary>Another status, such as PAUSED, DISABLED, APPROVED, or one that nobody knows.</summary>
    public string? Status { get; init; }

    /// <summary>Why, in Meta's word.</summary>
    public string? Reason { get; init; }

    /// <summary>Of a pause: FIRST_PAUSE, SECOND_PAUSE, RATE_LIMITING_PAUSE.</summary>
    public string? Title { get; init; }

    /// <summary>GREEN, YELLOW, RED or UNKNOWN.</summary>
    public string? Quality { get; init; }

    /// <summary>Another category, at once.</summary>
    public string? Category { get; init; }

    /// <summary>Another category, announced for a day later.</summary>
    public string? NextCategory { get; init; }
}
