namespace Bookbag.Inbound.Gaps;

/// <summary>Adds knowledge gaps.</summary>
public static class GapsExtensions
{
    /// <summary>Adds the worker that groups questions.</summary>
    public static IHostApplicationBuilder AddGaps(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<GapGrouper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<GapGrouper>());
        return builder;
    }
}
