using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Bookbag.ServiceDefaults.ActivityLog;

/// <summary>What an endpoint that changes something says of itself for the activity log.</summary>
/// <param name="Action">The stable name of what was done, such as <c>campaign.launched</c>; null where it is not written down.</param>
public sealed record Recorded(string? Action);

/// <summary>Endpoints say what of them is written down. What was refused or failed is not.</summary>
public static partial class ActivityRecording
{
    /// <summary>Writes down that the caller did this, when it succeeded.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="action">Thing and deed, such as <c>campaign.launched</c>. It stays as it is: rows have it, and programs filter by it.</param>
    public static RouteHandlerBuilder Records(this RouteHandlerBuilder endpoint, string action) => endpoint
        .WithMetadata(new Recorded(action))
        .AddEndpointFilter(async (context, next) =>
        {
            var result = await next(context);
            if (Succeeded(result))
                await WriteAsync(context.HttpContext, action);
            return result;
        });

    /// <summary>Says that it is not written down: it decides nothing, or is told elsewhere (conversations and tickets tell their own story).</summary>
    public static RouteHandlerBuilder RecordsNothing(this RouteHandlerBuilder endpoint) => endpoint.WithMetadata(new Recorded(Action: null));

    private static bool Succeeded(object? result) => result switch
    {
        INestedHttpResult nested => Succeeded(nested.Result),
        IStatusCodeHttpResult { StatusCode: >= StatusCodes.Status400BadRequest } => false,
        _ => true,
    };

    private static async Task WriteAsync(HttpContext http, string action)
    {
        var caller = http.GetCaller();
        var kind = http.User.Identity?.AuthenticationType == ApiKeyHandler.SchemeName ? ActorKind.Key : ActorKind.Member;
        var subject = http.RequestServices.GetRequiredService<ActivitySubject>();
        try
        {
            // It is done: it is written down also where the caller does not wait for the answer.
            await http.RequestServices.GetRequiredService<ActivityWriter>()
                .WriteAsync(caller, kind, action, IdOf(http, "agentId"), subject.Id ?? IdOf(http, LastParameter(http)), subject.Words, CancellationToken.None);
        }
        catch (NpgsqlException e)
        {
            // Saying that it failed would be a lie, and have it done twice.
            Log.NotWritten(http.RequestServices.GetRequiredService<ILogger<ActivityWriter>>(), e, action, caller.ActorId, caller.WorkspaceId);
        }
    }

    private static string? LastParameter(HttpContext http) =>
        http.GetEndpoint() is RouteEndpoint { RoutePattern.Parameters: { Count: > 0 } parameters } ? parameters[^1].Name : null;

    private static Guid? IdOf(HttpContext http, string? parameter) =>
        parameter is not null && Guid.TryParse(http.GetRouteValue(parameter) as string, out var id) ? id : null;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "{Action} by {ActorId} in workspace {WorkspaceId} was done, and could not be written to the activity log")]
        public static partial void NotWritten(ILogger logger, Exception exception, string action, Guid actorId, Guid workspaceId);
    }
}
