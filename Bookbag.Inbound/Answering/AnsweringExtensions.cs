using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Models;

namespace Bookbag.Inbound.Answering;

/// <summary>Wires answering, and the sources it rests on.</summary>
public static class AnsweringExtensions
{
    /// <summary>Adds <see cref="Answerer"/>, <see cref="KnowledgeBase"/>, and the model where one is configured.</summary>
    public static IHostApplicationBuilder AddAnswering(this IHostApplicationBuilder builder)
    {
        builder.Services.AddScoped<KnowledgeBase>();
        builder.Services.AddSingleton<Retrieval>();
        builder.Services.AddSingleton<AnswerMetrics>();
        builder.Services.AddSingleton<Answerer>();
        builder.AddModel();
        if (builder.HasModel())
            builder.Services.AddSingleton<ReplyModel>();
        return builder;
    }
}
