using System.Security.Claims;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.Edge.Clients;

/// <summary>How a browser's cookie gets into its circuits, where there is no request to read it from.</summary>
public static class SessionEndpoints
{
    private const string Circuits = "/_blazor";

    /// <summary>Gives the principal of a request that opens a circuit the cookie that it was made from.</summary>
    public static IApplicationBuilder UseCircuitSessions(this IApplicationBuilder app) => app.Use((context, next) =>
    {
        if (context.Request.Path.StartsWithSegments(Circuits) && context.User.Identity is ClaimsIdentity { IsAuthenticated: true } identity)
            identity.BootstrapContext = context.Request.Headers.Cookie.ToString();
        return next(context);
    });

    /// <summary>Maps the address at which the browser shows a circuit the cookie that it has now; being asked prolongs it.</summary>
    public static void MapCircuitSessions(this IEndpointRouteBuilder app) => app.MapPost("/account/session/{ticket}", Show);

    internal static string? CookieOf(ClaimsPrincipal principal) => (principal.Identity as ClaimsIdentity)?.BootstrapContext as string;

    private static Results<NoContent, NotFound> Show(string ticket, HttpContext context, SessionTickets tickets) =>
        tickets.Redeem(ticket, context.GetCaller().ActorId, context.Request.Headers.Cookie.ToString()) ? TypedResults.NoContent() : TypedResults.NotFound();
}
