using System.ComponentModel.DataAnnotations;
using System.Text;
using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Faults, counts and the reset.</summary>
internal static class ControlEndpoints
{
    public static void MapControl(this IEndpointRouteBuilder sandbox)
    {
        var control = sandbox.MapGroup("").WithTags("Sandbox control");
        control.MapGet("/faults", GetFaults).WithName("GetSandboxFaults")
            .WithSummary("Shows what goes wrong, for one number or in general.");
        control.MapPut("/faults", SetFaults).WithName("SetSandboxFaults")
            .WithSummary("Lets things go wrong, for one number or in general. Replaces what was set before.");
        control.MapDelete("/faults", ClearFaults).WithName("ClearSandboxFaults")
            .WithSummary("Lifts the faults of one number, or all; webhooks that were withheld go out.");
        control.MapGet("/stats", Stats).WithName("GetSandboxStats")
            .WithSummary("Counts what has happened: requests, refusals, statuses, webhooks, duplicates.");
        control.MapGet("/requests", Requests).WithName("ListSandboxRequests")
            .WithSummary("Lists the bodies that came to the messages endpoint, the latest first.");
        control.MapDelete("/state", Reset).WithName("ResetSandbox")
            .WithSummary("Forgets everything: numbers, customers, messages, faults, counts.");
    }

    private static Ok<FaultSettings> GetFaults(Faults faults, string? phoneNumberId = null) => TypedResults.Ok(faults.For(phoneNumberId));

    private static Ok<FaultSettings> SetFaults(FaultSettings settings, Faults faults, WebhookOutbox outbox, string? phoneNumberId = null)
    {
        faults.Set(phoneNumberId, settings);
        outbox.Release();
        return TypedResults.Ok(settings);
    }

    private static NoContent ClearFaults(Faults faults, WebhookOutbox outbox, string? phoneNumberId = null)
    {
        faults.Clear(phoneNumberId);
        outbox.Release();
        return TypedResults.NoContent();
    }

    private static Ok<StatsView> Stats(SandboxControl control) => TypedResults.Ok(control.Stats());

    private static Ok<Page<RequestView>> Requests(SandboxState state, string? phoneNumberId = null, [Range(1, 1_000)] int take = 100)
    {
        lock (state.Gate)
        {
            return TypedResults.Ok(new Page<RequestView>(
                [.. state.Requests.Reverse().Where(r => phoneNumberId is null || r.PhoneNumberId == phoneNumberId).Take(take).Select(RequestView.Of)], null));
        }
    }

    private static NoContent Reset(SandboxControl control)
    {
        control.Reset();
        return TypedResults.NoContent();
    }
}

/// <summary>A body that came to the messages endpoint.</summary>
/// <param name="At">When.</param>
/// <param name="PhoneNumberId">To which number.</param>
/// <param name="Body">The body, as it came.</param>
/// <param name="ErrorCode">Meta's error code of the refusal; null where it was taken.</param>
public sealed record RequestView(DateTimeOffset At, string PhoneNumberId, string Body, int? ErrorCode)
{
    internal static RequestView Of(ReceivedRequest request) => new(request.At, request.PhoneNumberId, Encoding.UTF8.GetString(request.Body), request.Code);
}
