namespace Bookbag.Inbound.Live;

/// <summary>Adds live updates.</summary>
public static class LiveExtensions
{
    /// <summary>Adds the feed and its sweeper; <see cref="LiveOptions"/> bind to the section <c>Live</c>.</summary>
    public static IHostApplicationBuilder AddLive(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<LiveOptions>().BindConfiguration(LiveOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<LiveStreams>();
        builder.Services.AddSingleton<LiveFeed>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LiveFeed>());
        builder.Services.AddSingleton<LiveSweeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<LiveSweeper>());
        return builder;
    }
}
