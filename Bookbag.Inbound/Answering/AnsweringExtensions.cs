using Bookbag.Inbound.Models;

namespace Bookbag.Inbound.Answering;

/// <summary>Wires answering.</summary>
public static class AnsweringExtensions
{
    /// <summary>Adds <see cref="Answerer"/>, and the model where one is configured.</summary>
    public static IHostApplicationBuilder AddAnswering(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSingleton<Retrieval>();
        builder.Services.AddSingleton<AnswerMetrics>();
        builder.Services.AddSingleton<Answerer>();
        builder.AddModel();
        if (builder.HasModel())
            builder.Services.AddSingleton<ReplyModel>();
        return builder;
    }
}
