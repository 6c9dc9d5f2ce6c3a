using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class DeliveryProcessorTests(TestDatabase database) : IClassFixture<TestDatabase>, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = IntakeParts.Noon;
    private static int _numbers;

    private readonly IntakeParts _parts = new(database);
    private TestChannel _channel = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _channel = await _parts.ConnectAsync($"1{Interlocked.Increment(ref _numbers):D14}");

    public Task DisposeAsync() => _parts.StopAsync();

    private async Task ApplyAsync(params byte[][] bodies)
    {
        foreach (var body in bodies)
            Assert.True(await _parts.ArriveAsync(body, _channel.AppSecret));
        await _parts.ApplyAllAsync();
    }

    private Task<T?> MessageAsync<T>(string columns, string wamid) =>
        _parts.Database.ScalarAsync<T>($"SELECT {columns} FROM inbound.messages WHERE channel_id = '{_channel.Id}' AND wamid = '{wamid}'");

    private Task<T?> ConversationAsync<T>(string columns, string where = "true") =>
        _parts.Database.ScalarAsync<T>($"SELECT {columns} FROM inbound.conversations WHERE channel_id = '{_channel.Id}' AND {where}");

    private Task<long> CountAsync(string table, string where = "true") =>
        _parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.{table} WHERE channel_id = '{_channel.Id}' AND {where}");

    [Fact]
    public async Task A_text_message_begins_a_conversation_and_makes_its_turn_due()
    {
        await ApplyAsync(Meta.Messages(_channel.PhoneNumberId, Meta.Text("w1", "16505550001", "Where is my order", Noon.AddSeconds(-2))));

        Assert.Equal("in,customer,text,Where is my order,received,true", await MessageAsync<string>("concat_ws(',', direction, author, type, text, status, awaiting::text)", "w1"));
        Assert.Equal("16505550001,ai,1,0", await ConversationAsync<string>("concat_ws(',', customer_phone, mode, epoch, turn_attempts)"));
        Assert.Equal(Noon.AddSeconds(1).UtcDateTime, await ConversationAsync<DateTime>("turn_due_at"));
        Assert.Equal(Noon.AddSeconds(-2).UtcDateTime, await ConversationAsync<DateTime>("last_inbound_at"));
        Assert.Equal(0, await _parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_queue"));
    }
}
