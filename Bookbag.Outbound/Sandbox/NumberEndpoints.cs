using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.Outbound.Sandbox;

/// <summary>The business's numbers as Meta's side sees them: limits, quality, callback, and webhooks of any kind.</summary>
internal static class NumberEndpoints
{
    public static void MapNumbers(this IEndpointRouteBuilder sandbox)
    {
        var numbers = sandbox.MapGroup("/numbers").WithTags("Sandbox numbers");
        numbers.MapGet("", List).WithName("ListSandboxNumbers")
            .WithSummary("Lists the phone numbers; one exists from when it is first addressed.");
        numbers.MapPut("/{id}", Change).WithName("ChangeSandboxNumber")
            .WithSummary("Changes a number: tier, quality, throughput, delays of its statuses, app secret, callback and the like.");
        numbers.MapPost("/{id}/subscribe", SubscribeAsync).WithName("SubscribeSandboxNumber")
            .WithSummary("Does Meta's GET verification against a callback, says what came of it, and sends the number's webhooks there if it passed.");
        numbers.MapPost("/{id}/webhooks", Post).WithName("PostSandboxWebhook")
            .WithSummary("Sends a signed webhook of any field and value to the number's callback.");
        sandbox.MapPost("/templates/{id}", HappenTo).WithTags("Sandbox numbers").WithName("ChangeSandboxTemplate")
            .WithSummary("Lets something happen to a template that was submitted: another status, quality or category, with Meta's webhook of it.");
        sandbox.MapPut("/templates", Learn).WithTags("Sandbox numbers").WithName("PutSandboxTemplate")
            .WithSummary("Makes a template known, as if Meta had reviewed it.");
    }

    private static Ok<Page<NumberView>> List(SandboxState state)
    {
        lock (state.Gate)
            return TypedResults.Ok(new Page<NumberView>([.. state.Numbers.Select(n => NumberView.Of(n, state.Opened(n)))], null));
    }

    private static Results<Ok<NumberView>, ProblemHttpResult> Change(string id, NumberSettings settings, SandboxState state)
    {
        if (settings.CallbackUrl is { } callback && !Handshake.IsAllowed(callback))
            return CallbackNotAllowed();
        lock (state.Gate)
        {
            if (state.Number(id) is not { } number)
                return NotANumber();
            state.Change(number, settings);
            return TypedResults.Ok(NumberView.Of(number, state.Opened(number)));
        }
    }

    private static async Task<Results<Ok<HandshakeOutcome>, ProblemHttpResult>> SubscribeAsync(
        string id, Subscription subscription, SandboxState state, SandboxOptions options, Handshake handshake, CancellationToken cancellationToken)
    {
        if ((subscription.CallbackUrl ?? options.CallbackUrl) is not { } callback || !Handshake.IsAllowed(callback))
            return CallbackNotAllowed();
        SandboxNumber? number;
        lock (state.Gate)
            number = state.Number(id);
        if (number is null)
            return NotANumber();
        var outcome = await handshake.VerifyAsync(callback, subscription.VerifyToken, cancellationToken);
        if (outcome.Verified)
        {
            lock (state.Gate)
                number.Subscribe(callback);
        }

        return TypedResults.Ok(outcome);
    }

    private static Results<Accepted, ProblemHttpResult> Post(string id, RawWebhook webhook, SandboxState state, WebhookOutbox outbox)
    {
        SandboxNumber? number;
        lock (state.Gate)
            number = state.Number(id);
        if (number is null)
            return NotANumber();
        outbox.Add(new RawUpdate(number, webhook.Field, Encoding.UTF8.GetBytes(webhook.Value.GetRawText())));
        return TypedResults.Accepted((string?)null);
    }

    private static Results<Ok<TemplateHappening>, ProblemHttpResult> HappenTo(string id, TemplateHappening happening, SandboxState state, TemplateReview review)
    {
        AccountTemplate? template;
        lock (state.Gate)
            template = state.TemplateById(id);
        if (template is null)
            return Refusal.NotFound("template_not_found", "No template of this id was submitted to the sandbox.");
        review.Change(template, happening);
        return TypedResults.Ok(happening);
    }

    private static Ok<SandboxTemplate> Learn(SandboxTemplate template, SandboxState state)
    {
        lock (state.Gate)
            state.Learn(template);
        return TypedResults.Ok(template);
    }

    private static ProblemHttpResult NotANumber() => Refusal.Invalid("phone_number_id_invalid", "This is not the id of a phone number.");

    private static ProblemHttpResult CallbackNotAllowed() =>
        Refusal.Invalid("callback_not_allowed", "The sandbox calls back loopback addresses and the services of the app model, such as http://edge/channels/whatsapp/webhook.");
}

/// <summary>A callback to be verified.</summary>
public sealed record Subscription
{
    /// <summary>The callback; the sandbox's own when left out.</summary>
    public Uri? CallbackUrl { get; init; }

    /// <summary>The verify token that was chosen for it.</summary>
    [Required]
    public required string VerifyToken { get; init; }
}

/// <summary>A change as Meta would send it.</summary>
public sealed record RawWebhook
{
    /// <summary>Meta's field, such as <c>account_update</c>.</summary>
    [Required, RegularExpression("^[a-z_]{1,60}$")]
    public required string Field { get; init; }

    /// <summary>The change's value.</summary>
    public required JsonElement Value { get; init; }
}
