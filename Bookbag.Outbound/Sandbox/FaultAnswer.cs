namespace Bookbag.Outbound.Sandbox;

/// <summary>Answers a call with the fault that struck it before anything happened.</summary>
internal static class FaultAnswer
{
    private const string BadGatewayPage = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>";

    /// <returns>Whether the call is over; false for no fault, and for those that strike after acceptance.</returns>
    public static async Task<bool> TryAsync(HttpContext http, SendFault fault, SandboxState state, SandboxStats stats)
    {
        switch (fault)
        {
            case SendFault.Throttled:
                // Documented as 400; clients have met 429 as well. The real limit answers the one, the fault the other.
                http.Response.Headers.RetryAfter = "1";
                await GraphAnswer.RefuseAsync(http.Response, GraphRefusal.ThroughputReached with { Status = 429 }, state.Ids.Trace());
                break;
            case SendFault.ServerError:
                await GraphAnswer.RefuseAsync(http.Response, GraphRefusal.ServerError, state.Ids.Trace());
                break;
            case SendFault.BadGateway:
                http.Response.StatusCode = StatusCodes.Status502BadGateway;
                http.Response.ContentType = "text/html";
                await http.Response.WriteAsync(BadGatewayPage, http.RequestAborted);
                break;
            case SendFault.LostRequest:
                http.Abort();
                break;
            default:
                return false;
        }

        stats.Fault(fault);
        return true;
    }
}
