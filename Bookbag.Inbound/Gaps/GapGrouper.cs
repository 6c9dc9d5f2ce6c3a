using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Postgres;
using Npgsql;

namespace Bookbag.Inbound.Gaps;

/// <summary>Groups questions that the sources did not cover by topic. After the answer: nobody waits for it.</summary>
public sealed partial class GapGrouper(NpgsqlDataSource dataSource, WakeUps wakeUps, TimeProvider clock, ILogger<GapGrouper> logger) : BackgroundService
{
    /// <summary>The wake-up topic to signal after questions were kept.</summary>
    public const string Topic = "gaps";

    /// <summary>How many questions of a topic are kept as examples; all are counted.</summary>
    public const int Examples = 20;

    private const int QuestionsAtATime = 200;
    private const int MostTopics = 2_000;
    private static readonly TimeSpan PollEvery = TimeSpan.FromSeconds(30);

    /// <summary>Groups what waits of one agent; how many questions that were.</summary>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await ScalarAsync(connection, GapSql.Waiting, cancellationToken) is not Guid agentId
            || await ScalarAsync(connection, GapSql.Lock, cancellationToken, ("agent", agentId)) is not true)
            return 0;

        var (questions, topics) = await ReadAsync(connection, agentId, cancellationToken);
        var grouping = Group(questions, topics);
        await WriteAsync(connection, agentId, grouping, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return questions.Count;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var grouped = 0;
            try
            {
                grouped = await RunOnceAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                Log.RoundFailed(logger, e);
            }

            if (grouped == 0)
                await wakeUps.WaitAsync(Topic, PollEvery, stoppingToken);
        }
    }

    private static async Task<(List<Asked>, List<Gaps.Topic>)> ReadAsync(NpgsqlConnection connection, Guid agentId, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(GapSql.Questions, ("agent", agentId), ("batch", QuestionsAtATime));
        batch.Add(GapSql.Topics, ("agent", agentId), ("most", MostTopics));
        var questions = new List<Asked>();
        var topics = new List<Gaps.Topic>();
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            questions.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetFieldValue<DateTimeOffset>(3)));
        await row.NextResultAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            topics.Add(new(row.GetGuid(0), row.GetFieldValue<string[]>(1)));
        return (questions, topics);
    }

    private List<Placed> Group(List<Asked> questions, List<Gaps.Topic> topics)
    {
        var placed = new List<Placed>();
        foreach (var question in questions)
        {
            var words = Topics.WordsOf(question.Text);
            var topic = Topics.Closest(words, topics);
            if (topic is null)
                topics.Add(topic = new(Guid.CreateVersion7(clock.GetUtcNow()), words));
            placed.Add(new(question, topic, Begins: topic.Words == words));
        }

        return placed;
    }

    private static async Task WriteAsync(NpgsqlConnection connection, Guid agentId, List<Placed> placed, CancellationToken cancellationToken)
    {
        var begun = placed.FindAll(p => p.Begins);
        var more = placed.FindAll(p => !p.Begins).GroupBy(p => p.Topic.Id).ToList();
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(GapSql.Begin, ("agent", agentId),
            ("workspaces", begun.Select(p => p.Question.WorkspaceId).ToArray()), ("ids", begun.Select(p => p.Topic.Id).ToArray()),
            ("questions", begun.Select(p => p.Question.Text).ToArray()), ("words", begun.Select(p => string.Join(' ', p.Topic.Words)).ToArray()),
            ("ats", begun.Select(p => p.Question.At).ToArray()));
        batch.Add(GapSql.Count, ("agent", agentId),
            ("ids", more.Select(topic => topic.Key).ToArray()), ("counts", more.Select(topic => topic.LongCount()).ToArray()),
            ("ats", more.Select(topic => topic.Max(p => p.Question.At)).ToArray()));
        batch.Add(GapSql.Place, ("agent", agentId), ("questions", placed.Select(p => p.Question.Id).ToArray()), ("gaps", placed.Select(p => p.Topic.Id).ToArray()));
        batch.Add(GapSql.Trim, ("gaps", placed.Select(p => p.Topic.Id).Distinct().ToArray()), ("keep", Examples));
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params (string, object?)[] parameters)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.Add(sql, parameters);
        return await batch.ExecuteScalarAsync(cancellationToken);
    }

    private sealed record Asked(Guid Id, Guid WorkspaceId, string Text, DateTimeOffset At);

    private sealed record Placed(Asked Question, Gaps.Topic Topic, bool Begins);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Questions without an answer could not be grouped; they wait for the next round")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
