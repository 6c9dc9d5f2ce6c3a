using Bookbag.Edge.Console.Shared;

namespace Bookbag.Edge.Gateway;

/// <summary>What the Edge says when it refuses a request itself: problem details to programs, the same as a page to people, never a stack trace.</summary>
public static class Refusals
{
    public static WebApplicationBuilder AddRefusals(this WebApplicationBuilder builder)
    {
        // In front of the writer of problem details, which believes that a browser would rather have JSON than nothing.
        builder.Services.Insert(0, ServiceDescriptor.Singleton<IProblemDetailsWriter, RefusalPage>());
        builder.Services.PostConfigure<ProblemDetailsOptions>(options =>
        {
            var complete = options.CustomizeProblemDetails;
            options.CustomizeProblemDetails = context =>
            {
                complete?.Invoke(context);
                context.ProblemDetails.Detail ??= Words(context.HttpContext.Response.StatusCode);
            };
        });
        return builder;
    }

    /// <summary>Answers with the refusal of that status.</summary>
    public static async Task RefuseAsync(this HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        await context.RequestServices.GetRequiredService<IProblemDetailsService>().TryWriteAsync(new ProblemDetailsContext { HttpContext = context, ProblemDetails = { Status = status } });
    }

    /// <summary>An address that leads nowhere, or not by this method, says so to everyone: no sign-in would change it.</summary>
    public static void UseUnmatchedRefusals(this IApplicationBuilder app) => app.Use((context, next) => context.GetEndpoint() switch
    {
        RouteEndpoint => next(context),
        { RequestDelegate: { } routingsOwn } => routingsOwn(context),
        _ => context.RefuseAsync(StatusCodes.Status404NotFound),
    });

    internal static string Words(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "The request could not be read. If it came from a form, reload the page and try again.",
        StatusCodes.Status401Unauthorized => "Sign in, or send an API key: 'Authorization: Bearer oc_live_…'.",
        StatusCodes.Status403Forbidden => "This key or member may not do that.",
        StatusCodes.Status404NotFound => "There is nothing at this address.",
        StatusCodes.Status405MethodNotAllowed => "This address does not take this method; 'Allow' names those it takes.",
        StatusCodes.Status408RequestTimeout => "The request came too slowly.",
        StatusCodes.Status413PayloadTooLarge => "The body is larger than this address takes.",
        StatusCodes.Status415UnsupportedMediaType => "This address does not take a body of this type.",
        StatusCodes.Status429TooManyRequests => "Too many requests; 'Retry-After' says in how many seconds to go on.",
        StatusCodes.Status502BadGateway => "The service behind this address did not answer. Try again shortly.",
        StatusCodes.Status503ServiceUnavailable => "Part of the system is not running. Try again shortly.",
        StatusCodes.Status504GatewayTimeout => "The service behind this address took too long to answer.",
        < 500 => "The request was refused.",
        _ => "Something broke on our side. It has been recorded.",
    };
}
