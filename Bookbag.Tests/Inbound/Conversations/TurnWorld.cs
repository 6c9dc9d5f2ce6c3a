using Bookbag.Inbound;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Npgsql;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>A connected channel, customers who write on it, a Graph that does as it is told, and workers of any number of replicas.</summary>
internal sealed class TurnWorld : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    private readonly NpgsqlDataSource _database;
    private readonly List<ServiceProvider> _replicas = [];
    private int _messages;

    private TurnWorld(NpgsqlDataSource database)
    {
        _database = database;
        Answer = (question, _) => Task.FromResult(Says($"Answer to: {question.Text}"));
    }

    public FakeTimeProvider Clock { get; } = new(Start);

    public GraphScript Graph { get; } = new();

    /// <summary>What the agent answers.</summary>
    public Func<Question, CancellationToken, Task<Answer>> Answer { get; set; }

    /// <summary>What the customer is told when no answer can be made.</summary>
    public Func<Question, string, CancellationToken, Task<Answer>> HandOff { get; set; } = (_, why, _) => Task.FromResult(Says("A colleague will answer you.", AnswerOutcome.Handoff, why));

    /// <summary>Whether the test is about failures: else an exception that is logged fails it.</summary>
    public bool SurvivesFailures { get; set; }

    public TurnOptions Options { get; } = new();

    public Guid WorkspaceId { get; private set; }

    public Guid AgentId { get; private set; }

    public Guid ChannelId { get; private set; }

    public static async Task<TurnWorld> CreateAsync(TestDatabase database)
    {
        var world = new TurnWorld(database.DataSource);
        await database.DataSource.ExecuteAsync("""
            TRUNCATE inbound.conversations, inbound.conversation_addresses, inbound.messages, inbound.wamids, inbound.idempotency_keys, inbound.media CASCADE;
            DELETE FROM platform.channels
            """);

        var services = world.NewReplica();
        var secrets = services.GetRequiredService<SecretProtector>();
        await using var scope = services.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<PlatformDb>();
        var workspace = Workspace.Named("Shop", Start);
        var agent = Agent.Create(workspace.Id, "Agent", Start);
        var channel = Channel.For(agent, Start);
        channel.Connect(new ChannelConnection("100000000000001", "http://localhost/v25.0/100000000000001/messages", "200000000000001",
            secrets.Protect("token"), "oken", secrets.Protect("secret"), "cret", secrets.Protect("verify"), SecretProtector.Hash("verify")), Start);
        foreach (object row in new object[] { workspace, agent, channel })
        {
            // One at a time: the contexts know of no foreign keys.
            db.Add(row);
            await db.SaveChangesAsync();
        }

        (world.WorkspaceId, world.AgentId, world.ChannelId) = (workspace.Id, agent.Id, channel.Id);
        return world;
    }

    public static Answer Says(string text, AnswerOutcome outcome = AnswerOutcome.Extract, string why = "Because.") =>
        new(outcome, text, 0.9, [new Citation(Guid.Empty, "Shop", text, 0.9)], why);

    /// <summary>A worker of a replica of its own; one with a clock of its own can die: what waits for that clock never wakes up.</summary>
    public TurnWorker NewWorker(TimeProvider? clock = null) => NewReplica(clock).GetRequiredService<TurnWorker>();

    public ServiceProvider NewReplica(TimeProvider? clock = null)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(new ErrorsFail(() => SurvivesFailures)).SetMinimumLevel(LogLevel.Warning));
        services.AddMetrics();
        services.AddSingleton(clock ?? Clock);
        services.AddSingleton(_database);
        services.AddSingleton<WakeUps>();
        services.AddSingleton<IDataProtectionProvider>(new PlainText());
        services.AddSingleton<SecretProtector>();
        services.AddSingleton<ChannelDirectory>();
        services.AddSingleton(Tenant.Everything);
        services.AddDbContext<PlatformDb>(options => options.UseSchema(_database, PlatformDb.Schema));
        services.AddDbContext<InboundDb>(options => options.UseSchema(_database, InboundDb.Schema));
        services.AddSingleton<IOptions<TurnOptions>>(Microsoft.Extensions.Options.Options.Create(Options));
        services.AddSingleton(provider => new GraphClient(
            new HttpClient(Graph, disposeHandler: false) { Timeout = Timeout.InfiniteTimeSpan }, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<IOptions<GraphOptions>>()));
        services.AddSingleton(new TurnAnswers(
            (question, cancellationToken) => Answer(question, cancellationToken),
            (question, why, cancellationToken) => HandOff(question, why, cancellationToken)));
        services.AddTurns();
        var replica = services.BuildServiceProvider();
        _replicas.Add(replica);
        return replica;
    }

    /// <summary>A customer's message, as intake applies it.</summary>
    public async Task<Guid> CustomerWritesAsync(string text, Guid? conversation = null, DateTimeOffset? at = null, string phone = "5511987654321")
    {
        var now = Clock.GetUtcNow();
        var id = conversation ?? Guid.CreateVersion7(now);
        var number = Interlocked.Increment(ref _messages);
        await using var batch = _database.CreateBatch();
        batch.Add(
            """
            INSERT INTO inbound.conversations AS c (workspace_id, channel_id, agent_id, id, customer_phone, last_inbound_at, last_message_at, last_message_text,
                unanswered_since, turn_due_at, epoch, created_at, traceparent)
            VALUES (@workspace, @channel, @agent, @id, @phone, @at, @written, @text, @now, @now, 1, @now, '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01')
            ON CONFLICT (channel_id, id) DO UPDATE SET epoch = c.epoch + 1, last_inbound_at = greatest(c.last_inbound_at, @at), window_refused_at = NULL,
                last_message_at = greatest(c.last_message_at, @written), last_message_text = @text, unanswered_since = coalesce(c.unanswered_since, @now), turn_attempts = 0,
                turn_due_at = CASE c.mode WHEN 'ai' THEN @now ELSE c.turn_due_at END
            """,
            ("workspace", WorkspaceId), ("channel", ChannelId), ("agent", AgentId), ("id", id), ("phone", phone), ("at", at ?? now), ("written", (at ?? now).AddMicroseconds(number)), ("now", now), ("text", text));
        batch.Add(
            """
            INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, status, status_rank, awaiting)
            VALUES (@workspace, @channel, @conversation, @id, @at, 'in', 'customer', 'text', @text, @wamid, 'received', 9, true)
            """,
            ("workspace", WorkspaceId), ("channel", ChannelId), ("conversation", id), ("id", Guid.CreateVersion7(now)), ("at", (at ?? now).AddMicroseconds(number)),
            ("text", text), ("wamid", $"wamid.IN{number}"));
        await batch.ExecuteNonQueryAsync();
        return id;
    }

    /// <summary>Meta's status of a reply, as intake applies it.</summary>
    public Task StatusComesAsync(string messageId, string status) => _database.ExecuteAsync(
        $"UPDATE inbound.messages SET status = '{status}', status_rank = 1, sent_at = '{Clock.GetUtcNow():O}' WHERE id = '{messageId}' AND status_rank < 1");

    /// <summary>Something that people do, through the product's own SQL.</summary>
    public async Task DoAsync(Guid conversation, Func<Conversation, FormattableString> what)
    {
        await using var scope = _replicas[0].CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<InboundDb>();
        await db.Database.ExecuteSqlAsync(what(await db.Set<Conversation>().SingleAsync(c => c.Id == conversation)));
    }

    public Task TakeOverAsync(Guid conversation) => DoAsync(conversation, c => ConversationSql.TakeOver(c, "Taken over by Ann.", Clock.GetUtcNow()));

    public Task WriteByHandAsync(Guid conversation, string text) =>
        DoAsync(conversation, c => ConversationSql.WriteByHand(c, Guid.CreateVersion7(Clock.GetUtcNow()), text, "Ann replied by hand.", Clock.GetUtcNow()));

    public async Task<Conversation> ConversationAsync(Guid id)
    {
        await using var scope = _replicas[0].CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<InboundDb>().Set<Conversation>().AsNoTracking().SingleAsync(c => c.Id == id);
    }

    /// <summary>What the business sent or left, in the order of the thread.</summary>
    public async Task<IReadOnlyList<Message>> RepliesAsync(Guid conversation)
    {
        await using var scope = _replicas[0].CreateAsyncScope();
        return await scope.ServiceProvider.GetRequiredService<InboundDb>().Set<Message>().AsNoTracking()
            .Where(m => m.ConversationId == conversation && m.Direction == MessageDirection.Out).OrderBy(m => m.At).ThenBy(m => m.Id).ToListAsync();
    }

    /// <summary>When the conversation is looked at next; null when something has to happen first.</summary>
    public async Task<DateTimeOffset?> DueAsync(Guid conversation) =>
        await _database.ScalarAsync<DateTime?>($"SELECT turn_due_at FROM inbound.conversations WHERE id = '{conversation}'");

    public async Task<string?> ChannelProblemAsync() => await _database.ScalarAsync<string>($"SELECT problem FROM platform.channels WHERE id = '{ChannelId}'");

    /// <summary>Moves the clock to the conversation's due time.</summary>
    public async Task AdvanceToDueAsync(Guid conversation)
    {
        var due = await DueAsync(conversation) ?? throw new InvalidOperationException("Nothing is due.");
        if (due > Clock.GetUtcNow())
            Clock.SetUtcNow(due);
    }

    /// <summary>A reply of unknown outcome is left a whole wait for the status that tells of it, from now on, and only then sent once more.</summary>
    public async Task AssertWaitsAnewAsync(TurnWorker worker, Guid conversation)
    {
        await worker.RunOnceAsync(default);
        Assert.Single(Graph.Messages);
        Assert.Equal(Clock.GetUtcNow() + Options.SettleAfter, await DueAsync(conversation));

        Clock.Advance(Options.SettleAfter);
        await worker.RunOnceAsync(default);
        Assert.Equal(2, Graph.Messages.Count);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in _replicas)
            await replica.DisposeAsync();
        Graph.Dispose();
    }
}
