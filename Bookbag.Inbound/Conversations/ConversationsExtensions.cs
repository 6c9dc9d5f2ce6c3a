using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Attribution;
using Bookbag.Inbound.HelpDesk;
using Bookbag.Inbound.Media;
using Bookbag.ServiceDefaults.Redis;

namespace Bookbag.Inbound.Conversations;

/// <summary>Adds conversations and the workers that answer them.</summary>
public static class ConversationsExtensions
{
    /// <summary>Adds what turns need, and the worker; <see cref="TurnOptions"/> bind to the section <c>Turns</c>.</summary>
    public static IHostApplicationBuilder AddConversations(this IHostApplicationBuilder builder)
    {
        builder.Services.AddOptions<TurnOptions>().BindConfiguration(TurnOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddGraphClient();
        builder.Services.AddSingleton(services => TurnAnswers.From(services.GetRequiredService<Answerer>()));
        builder.AddBookbagRedis();
        builder.Services.AddTurns();
        builder.Services.AddScoped<WriteByHand.Tools>();
        builder.Services.AddHttpContextAccessor();
        // Connections are shared by all callers: none of their cookies may stay behind.
        builder.Services.AddHttpClient<OutboundClient>(http => (http.BaseAddress, http.Timeout) = (new Uri("http://outbound"), TimeSpan.FromSeconds(10)))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
        builder.Services.AddHostedService(services => services.GetRequiredService<TurnWorker>());
        return builder;
    }

    /// <summary>The worker and its parts, without what makes the answers.</summary>
    internal static IServiceCollection AddTurns(this IServiceCollection services) => services
        .AddSingleton<TurnMetrics>()
        .AddSingleton<MediaReader>()
        .AddSingleton<TurnQueue>()
        .AddSingleton<ChannelFaults>()
        .AddSingleton<WaitingReplies>()
        .AddSingleton<ReplyPace>()
        .AddSingleton<ReplySender>()
        .AddSingleton<HandOff>()
        .AddSingleton<Turn>()
        .AddSingleton<TurnWorker>();
}
