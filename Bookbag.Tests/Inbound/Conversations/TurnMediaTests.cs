using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Conversations;
using Bookbag.Tests.Support;
using Npgsql;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Turns in which there are files, edits and messages taken back.</summary>
public sealed class TurnMediaTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private readonly NpgsqlDataSource _rows = database.DataSource;

    [Fact]
    public async Task A_voice_note_that_nothing_reads_comes_to_the_answerer_as_such()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        Question? asked = null;
        world.Answer = (question, _) => Task.FromResult((asked = question) is null ? null! : TurnWorld.Says("In words, please."));
        var conversation = await world.CustomerWritesAsync("x");
        await _rows.ExecuteAsync("UPDATE inbound.messages SET type = 'audio', text = NULL");
        await FileAsync("audio", "NULL");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(("", "audio"), (asked!.Text, Assert.Single(asked.Unread)));
        Assert.Equal(["In words, please."], world.Graph.Texts);
        Assert.Null(await world.DueAsync(conversation));
    }

    [Fact]
    public async Task What_was_read_in_a_file_counts_as_the_customers_words()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        await world.CustomerWritesAsync("x");
        await _rows.ExecuteAsync("UPDATE inbound.messages SET type = 'audio', text = NULL");
        await FileAsync("audio", "'When do you open?'");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(["Answer to: When do you open?"], world.Graph.Texts);
    }

    [Fact]
    public async Task An_edited_message_is_answered_as_it_is_now_and_one_that_was_taken_back_is_not()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var edited = await world.CustomerWritesAsync("Do you ship to Grance?");
        var takenBack = await world.CustomerWritesAsync("Never mind", phone: "5511900000000");
        await MarkAsync(edited, "edit", "Do you ship to France?");
        await MarkAsync(takenBack, "revoke", null);
        await world.NewWorker().RunOnceAsync(default);

        Assert.Equal(["Answer to: Do you ship to France?"], world.Graph.Texts);
        Assert.Equal("The customer took back what they wrote.", Assert.Single(await world.RepliesAsync(takenBack)).ErrorText);
        Assert.Null(await world.DueAsync(takenBack));
    }

    [Fact]
    public async Task A_message_waits_for_its_file_to_be_at_Meta_and_the_next_one_for_it()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Hello?");
        await world.WriteByHandAsync(conversation, "Our price list");
        await _rows.ExecuteAsync("UPDATE inbound.messages SET type = 'document' WHERE direction = 'out'");
        await FileAsync("document", "NULL", "upload", "direction = 'out'");
        world.Clock.Advance(TimeSpan.FromSeconds(1));
        await world.WriteByHandAsync(conversation, "Anything else?");
        var worker = world.NewWorker();
        await worker.RunOnceAsync(default);
        Assert.Empty(world.Graph.Texts);

        await _rows.ExecuteAsync("UPDATE inbound.media SET task = NULL, due_at = NULL, meta_id = '4711'");
        await world.AdvanceToDueAsync(conversation);
        await worker.RunOnceAsync(default);
        Assert.Equal(["""document {"id":"4711","caption":"Our price list","filename":"a.pdf"}""", "Anything else?"], world.Graph.Texts);
    }

    [Fact]
    public async Task A_file_that_Meta_does_not_take_fails_its_message_with_the_reason()
    {
        await using var world = await TurnWorld.CreateAsync(database);
        var conversation = await world.CustomerWritesAsync("Hello?");
        await world.WriteByHandAsync(conversation, "Our price list");
        await FileAsync("document", "NULL", null, "direction = 'out'");
        await _rows.ExecuteAsync("UPDATE inbound.media SET meta_id = NULL, problem = 'Too large.'");
        await world.NewWorker().RunOnceAsync(default);

        Assert.Empty(world.Graph.Texts);
        Assert.Equal((MessageStatus.Failed, "Too large."), ((await world.RepliesAsync(conversation)).Select(m => (m.Status, m.ErrorText!)).Single()));
    }

    private Task<int> FileAsync(string kind, string transcript, string? task = null, string where = "direction = 'in'") => _rows.ExecuteAsync($"""
        INSERT INTO inbound.media (workspace_id, channel_id, agent_id, conversation_id, id, at, direction, kind, filename, state, size, sha256, task, due_at, transcript, received_at)
        SELECT workspace_id, channel_id, workspace_id, conversation_id, id, at, direction, '{kind}', 'a.pdf', 'stored', 1, '\x00', {(task is null ? "NULL" : $"'{task}'")}, {(task is null ? "NULL" : "at")}, {transcript}, at
        FROM inbound.messages WHERE {where}
        """);

    private Task<int> MarkAsync(Guid conversation, string type, string? text) => _rows.ExecuteAsync($"""
        INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, wamid, context_wamid, status, status_rank)
        SELECT workspace_id, channel_id, conversation_id, gen_random_uuid(), at + interval '1 second', 'in', 'customer', '{type}', {(text is null ? "NULL" : $"'{text}'")}, wamid || '.mark', wamid, 'received', 9
        FROM inbound.messages WHERE conversation_id = '{conversation}'
        """);
}
