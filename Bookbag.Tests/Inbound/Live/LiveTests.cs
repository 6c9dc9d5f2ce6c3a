using System.Net;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Bookbag.Inbound.Live;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Inbound.HelpDesk;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.Tests.Inbound.Live;

/// <summary>Live updates as a browser gets them.</summary>
public sealed class LiveTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task What_changes_is_told_as_it_changes()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await using var stream = await ListenAsync(world.Program);
        Assert.Equal("ready", (await stream.NextAsync()).EventType);

        var (conversation, ticket) = await world.EscalatedAsync();

        var seen = await stream.UntilAsync(item => item.EventType == "ticket");
        Assert.Contains(seen, item => item.EventType == "conversation" && item.Data.GetProperty("id").GetGuid() == conversation);
        Assert.Equal((ticket, conversation, world.Agent.Id),
            (seen[^1].Data.GetProperty("id").GetGuid(), seen[^1].Data.GetProperty("conversationId").GetGuid(), seen[^1].Data.GetProperty("agentId").GetGuid()));
    }

    [Fact]
    public async Task A_channel_that_changes_is_told_whoever_changes_it()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await using var stream = await ListenAsync(world.Program);
        await stream.NextAsync();

        await database.DataSource.ExecuteAsync($"UPDATE platform.channels SET tier = 'TIER_1K' WHERE id = '{world.Channel.Id}'");
        world.Host.Services.GetRequiredService<Bookbag.ServiceDefaults.Postgres.WakeUps>().Signal(LiveFeed.Topic);

        var told = await stream.NextAsync();
        Assert.Equal(("channel", world.Channel.Id), (told.EventType, told.Data.GetProperty("id").GetGuid()));
    }

    [Fact]
    public async Task After_a_lost_connection_nothing_is_missed_also_not_what_was_committed_late()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        // Begun, with an id, before the stream begins; committed after it ended.
        await using var late = await database.DataSource.OpenConnectionAsync();
        await using var transaction = await late.BeginTransactionAsync();
        var lateId = Guid.CreateVersion7(HelpDeskWorld.Now);
        await TellAsync(late, world, lateId);

        string? position = null;
        await using (var stream = await ListenAsync(world.Program))
        {
            await stream.NextAsync();
            await world.EscalatedAsync();
            foreach (var item in await stream.UntilAsync(item => item is { EventType: "ticket", EventId: not null }))
                position = item.EventId ?? position;
        }

        var missed = (await world.EscalatedAsync()).Ticket;
        await transaction.CommitAsync();

        await using var again = await ListenAsync(world.Program, position);
        var ids = new HashSet<Guid>();
        while (!ids.Contains(lateId) || !ids.Contains(missed))
        {
            if ((await again.NextAsync()) is { EventType: not ("ready" or "heartbeat") } item)
                ids.Add(item.Data.GetProperty("id").GetGuid());
        }
    }

    [Fact]
    public async Task Under_many_writers_every_change_is_told()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var ids = Enumerable.Range(0, 400).Select(_ => Guid.CreateVersion7(HelpDeskWorld.Now)).ToArray();
        await using var stream = await ListenAsync(world.Program);
        await stream.NextAsync();
        var feed = world.Host.Services.GetRequiredService<Bookbag.ServiceDefaults.Postgres.WakeUps>();

        var writing = Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (id, cancellationToken) =>
        {
            await using var connection = await database.DataSource.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await TellAsync(connection, world, id);
            await Task.Delay(TimeSpan.FromMilliseconds(id.GetHashCode() & 7), TimeProvider.System, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            feed.Signal(LiveFeed.Topic);
        });

        var told = new List<Guid>();
        while (told.Count < ids.Length)
        {
            if ((await stream.NextAsync()) is { EventType: "message" } item)
                told.Add(item.Data.GetProperty("id").GetGuid());
        }

        await writing;
        Assert.Equal(ids.Order(), told.Order());
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("1:1:")]
    [InlineData("999999999:999999999:")]
    public async Task A_position_that_is_too_old_or_not_ours_begins_anew(string position)
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        await using var stream = await ListenAsync(world.Program, position);
        var sign = await stream.NextAsync();
        Assert.Equal("reset", sign.EventType);
        Assert.True(TransactionSnapshot.TryParse(sign.EventId, out _));
    }

    [Fact]
    public async Task What_is_swept_out_cannot_be_gone_on_from()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var feed = world.Host.Services.GetRequiredService<LiveFeed>();
        var position = await feed.PresentAsync(default);
        await world.EscalatedAsync();
        Assert.NotNull((await feed.ReadSinceAsync(position.ToString(), world.Workspace.Id, default)).Changes);

        // Others' rows of earlier transactions are of the same test database, and as old.
        world.Clock.Advance(TimeSpan.FromHours(2));
        await database.DataSource.ExecuteAsync($"UPDATE inbound.live_events SET at = '{HelpDeskWorld.Now:O}'");
        await world.Host.Services.GetRequiredService<LiveSweeper>().RunOnceAsync(default);

        // The world's own sweeper may have some of them under way. What its other workers tell by the new clock stays.
        await world.EventuallyAsync($"SELECT count(*) = 0 FROM inbound.live_events WHERE at <= '{HelpDeskWorld.Now:O}'", "they are swept out");
        Assert.Null((await feed.ReadSinceAsync(position.ToString(), world.Workspace.Id, default)).Changes);
        // At once, but for transactions of other tests that began before the sweep and are still open; and nothing of before comes again.
        IReadOnlyList<LiveChange>? since = null;
        await world.Clock.StepUntilAsync(TimeSpan.Zero, async () =>
            (since = (await feed.ReadSinceAsync((await feed.PresentAsync(default)).ToString(), world.Workspace.Id, default)).Changes) is not null);
        Assert.DoesNotContain(since!, change => change.At <= HelpDeskWorld.Now); // the condition above has held
    }

    [Fact]
    public async Task Nobody_is_told_of_another_workspace_and_a_key_of_one_agent_only_of_that_one()
    {
        await using var world = await HelpDeskWorld.StartAsync(database);
        var sibling = await database.AddAgentAsync(world.Workspace, "Sibling");
        using var siblings = world.Host.CreateClient(await database.AddKeyAsync(world.Workspace, Role.Admin, sibling));
        var stranger = await database.AddWorkspaceAsync();
        using var strangers = world.Host.CreateClient(await database.AddKeyAsync(stranger, Role.Owner));
        await using var own = await ListenAsync(world.Program);
        await using var other = await ListenAsync(siblings);
        await using var foreign = await ListenAsync(strangers);
        foreach (var stream in new[] { own, other, foreign })
            await stream.NextAsync();

        await world.EscalatedAsync();
        await own.UntilAsync(item => item.EventType == "ticket");
        // What comes next on the others is their heartbeat.
        var (quiet, silent) = (other.NextAsync(), foreign.NextAsync());
        await world.Clock.StepUntilAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(quiet.IsCompleted && silent.IsCompleted));

        Assert.Equal(("heartbeat", "heartbeat"), ((await quiet).EventType, (await silent).EventType));
    }

    [Fact]
    public async Task Streams_are_bounded_for_each_caller_and_in_time()
    {
        await using var world = await HelpDeskWorld.StartAsync(database, new() { ["Live:MaxStreamsOfCaller"] = "2" });
        await using var first = await ListenAsync(world.Program);
        await using (var second = await ListenAsync(world.Program))
        {
            await first.NextAsync();
            await second.NextAsync();
            await HelpDeskWorld.RefusedAsync(world.Program.GetAsync("/api/live"), HttpStatusCode.TooManyRequests, "too_many_streams");
        }

        await world.Clock.StepUntilAsync(TimeSpan.FromSeconds(30), first.HasEndedAsync);
        await using var another = await ListenAsync(world.Program);
        Assert.Equal("ready", (await another.NextAsync()).EventType);
        using var unknown = world.Host.CreateClient(null);
        Assert.Equal(HttpStatusCode.Unauthorized, (await unknown.GetAsync("/api/live")).StatusCode);
    }

    private static async Task TellAsync(NpgsqlConnection connection, HelpDeskWorld world, Guid id)
    {
        await using var command = new NpgsqlCommand(
            "INSERT INTO inbound.live_events (workspace_id, agent_id, kind, entity_id, at) VALUES (@workspace, @agent, 'message', @id, @at)", connection);
        command.Parameters.AddWithValue("workspace", world.Workspace.Id);
        command.Parameters.AddWithValue("agent", world.Agent.Id);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("at", HelpDeskWorld.Now);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<Listener> ListenAsync(HttpClient client, string? lastEventId = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "/api/live");
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new Listener(response, await response.Content.ReadAsStreamAsync());
    }

    internal sealed record Told(string EventType, string? EventId, JsonElement Data);

    private sealed class Listener : IAsyncDisposable
    {
        private readonly HttpResponseMessage _response;
        private readonly Stream _stream;
        private readonly IAsyncEnumerator<SseItem<JsonElement>> _items;
        private readonly SseParser<JsonElement> _parser;
        private string? _lastId;
        private Task<bool>? _end;

        public Listener(HttpResponseMessage response, Stream stream)
        {
            (_response, _stream) = (response, stream);
            _parser = SseParser.Create(stream, (_, data) => JsonSerializer.Deserialize<JsonElement>(data));
            _items = _parser.EnumerateAsync().GetAsyncEnumerator();
        }

        public async Task<Told> NextAsync()
        {
            Assert.True(await _items.MoveNextAsync().AsTask().WaitAsync(Patience), "The stream ended.");
            // An id counts until there is another; here only where it is new.
            var id = _parser.LastEventId == _lastId ? null : _parser.LastEventId;
            _lastId = _parser.LastEventId;
            return new Told(_items.Current.EventType, id, _items.Current.Data);
        }

        public async Task<List<Told>> UntilAsync(Func<Told, bool> last)
        {
            var seen = new List<Told>();
            do
                seen.Add(await NextAsync());
            while (!last(seen[^1]));
            return seen;
        }

        public async Task<bool> HasEndedAsync()
        {
            _end ??= _items.MoveNextAsync().AsTask();
            if (!_end.IsCompleted)
                return false;
            if (!await _end)
                return true;
            _end = null;
            return false;
        }

        public ValueTask DisposeAsync()
        {
            _response.Dispose();
            return _stream.DisposeAsync();
        }
    }
}
