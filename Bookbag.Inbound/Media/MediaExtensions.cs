namespace Bookbag.Inbound.Media;

/// <summary>Adds files of messages.</summary>
public static class MediaExtensions
{
    /// <summary>Adds the store and the worker; <see cref="MediaOptions"/> bind to the section <c>Media</c>.</summary>
    public static IHostApplicationBuilder AddMedia(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<MediaOptions>().BindConfiguration(MediaOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddGraphClient();
        builder.Services.AddSingleton<MediaMetrics>();
        builder.Services.AddSingleton<MediaStore>();
        builder.Services.AddSingleton<MediaWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<MediaWorker>());
        return builder;
    }
}
