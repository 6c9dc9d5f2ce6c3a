using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>One shape for everything that goes wrong: problem details with a <c>code</c>, also where the framework itself refuses.</summary>
public static class Problems
{
    /// <summary>Gives the framework's own refusals their codes.</summary>
    public static IServiceCollection AddProblems(this IServiceCollection services) => services
        .AddProblemDetails(options => options.CustomizeProblemDetails = context =>
            context.ProblemDetails.Extensions.TryAdd("code", CodeOf(context.ProblemDetails.Status ?? StatusCodes.Status500InternalServerError)))
        // A request that cannot be read is the client's mistake in development too, not an exception page.
        .Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = false);

    /// <summary>Answers exceptions and bare status codes with problem details.</summary>
    public static IApplicationBuilder UseProblems(this IApplicationBuilder app) => app
        .UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = StatusOf })
        .UseStatusCodePages();

    private static int StatusOf(Exception exception) => exception switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        // Postgres is away for a moment: try again, nothing is wrong with the request.
        NpgsqlException { IsTransient: true } or { InnerException: NpgsqlException { IsTransient: true } } => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private static string CodeOf(int status) => status switch
    {
        StatusCodes.Status400BadRequest => "invalid_request",
        StatusCodes.Status401Unauthorized => "not_signed_in",
        StatusCodes.Status403Forbidden => "forbidden",
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status405MethodNotAllowed => "method_not_allowed",
        StatusCodes.Status413PayloadTooLarge => "too_large",
        StatusCodes.Status415UnsupportedMediaType => "unsupported_media_type",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        StatusCodes.Status502BadGateway or StatusCodes.Status503ServiceUnavailable or StatusCodes.Status504GatewayTimeout => "unavailable",
        >= 500 => "internal_error",
        _ => "refused",
    };
}
