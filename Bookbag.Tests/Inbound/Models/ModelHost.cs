using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Inbound.Models;

/// <summary>Answering as the service wires it, with a model or without.</summary>
internal static class ModelHost
{
    /// <summary>The settings for a stand-in.</summary>
    public static Dictionary<string, string?> For(ModelDouble model, params (string Name, string Value)[] more)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Model:Endpoint"] = model.Endpoint,
            ["Model:Name"] = "small-model",
            ["Model:ApiKey"] = "a-key-nobody-may-see",
            ["Model:Retries"] = "0",
            ["Model:RetryDelay"] = "00:00:00",
        };
        foreach (var (name, value) in more)
            settings[$"Model:{name}"] = value;
        return settings;
    }

    public static IHost Build(TestDatabase database, Dictionary<string, string?> settings, TimeProvider? clock = null, ILoggerProvider? log = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddSingleton(database.DataSource);
        builder.Services.AddScoped(_ => MakeKnowledge.Db(database));
        if (log is not null)
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.AddAnswering();
        return builder.Build();
    }

    public static Task<Answer> AskAsync(this IHost host, (Guid WorkspaceId, Guid AgentId) agent, string text, params HistoryLine[] history) =>
        host.Services.GetRequiredService<Answerer>().AnswerAsync(new Question(agent.WorkspaceId, agent.AgentId, text, history), CancellationToken.None);

    public static async Task SetAsync(this TestDatabase database, (Guid WorkspaceId, Guid AgentId) agent, AgentSettingsRequest request)
    {
        var settings = AgentSettings.Default(agent.WorkspaceId, agent.AgentId);
        settings.Change(request, TimeProvider.System.GetUtcNow());
        await using var db = MakeKnowledge.Db(database);
        await db.Database.ExecuteSqlAsync(AgentSettingsSql.Save(settings));
    }
}
