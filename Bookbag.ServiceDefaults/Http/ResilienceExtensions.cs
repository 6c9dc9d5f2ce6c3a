using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>Resilience for the HTTP clients that ask for it; none has it by default, because a send that is repeated blindly is sent twice.</summary>
public static class ResilienceExtensions
{
    /// <summary>Time limits, a circuit breaker, and retries of reads only.</summary>
    public static IHttpClientBuilder AddSafeRetries(this IHttpClientBuilder builder)
    {
        builder.AddStandardResilienceHandler(options => options.Retry.DisableForUnsafeHttpMethods());
        return builder;
    }
}
