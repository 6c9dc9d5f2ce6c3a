using Bookbag.Inbound.Webhooks;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Tests.Inbound.Webhooks;

public sealed class MessageStateTests
{
    private static readonly DateTimeOffset Noon = IntakeParts.Noon;

    private static MessageState Message(string status = "sent", short rank = 1, string? wamid = "w") =>
        new() { Author = "ai", ChannelId = Guid.Empty, ConversationId = Guid.Empty, Id = Guid.Empty, At = Noon, Status = status, Rank = rank, Wamid = wamid };

    private static StatusUpdate Update(MessageStatus status) =>
        new() { Path = "$", Wamid = "w", StatusText = status.ToString(), Status = status };

    [Theory]
    [InlineData(new[] { MessageStatus.Sent, MessageStatus.Delivered, MessageStatus.Read }, "read")]
    [InlineData(new[] { MessageStatus.Read, MessageStatus.Delivered, MessageStatus.Sent }, "read")]
    [InlineData(new[] { MessageStatus.Delivered, MessageStatus.Sent, MessageStatus.Delivered }, "delivered")]
    [InlineData(new[] { MessageStatus.Played, MessageStatus.Read }, "played")]
    [InlineData(new[] { MessageStatus.Failed, MessageStatus.Delivered }, "failed")]
    [InlineData(new[] { MessageStatus.Sent, MessageStatus.Failed }, "failed")]
    [InlineData(new[] { MessageStatus.Delivered, MessageStatus.Failed }, "delivered")]
    [InlineData(new[] { MessageStatus.Read, MessageStatus.Failed }, "read")]
    public void Only_moves_up_and_failed_is_final(MessageStatus[] statuses, string expected)
    {
        var message = Message("sending", 0, "w");
        foreach (var status in statuses)
            message.Take(Update(status), Noon, Noon);
        Assert.Equal(expected, message.Status);
    }

    [Fact]
    public void Read_implies_delivered_and_each_time_is_kept_at_its_earliest()
    {
        var message = Message();
        message.Take(Update(MessageStatus.Read), Noon.AddSeconds(5), Noon);
        message.Take(Update(MessageStatus.Delivered), Noon.AddSeconds(2), Noon);
        message.Take(Update(MessageStatus.Sent), Noon.AddSeconds(1), Noon);
        Assert.Equal((Noon.AddSeconds(1), Noon.AddSeconds(2), Noon.AddSeconds(5)), (message.SentAt, message.DeliveredAt, message.ReadAt));
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("discarded")]
    public void What_was_given_up_without_Metas_word_is_settled_by_it(string givenUp)
    {
        var message = Message(givenUp, 9, wamid: null);
        Assert.True(message.Take(Update(MessageStatus.Delivered), Noon, Noon));
        Assert.Equal(("delivered", "w"), (message.Status, message.Wamid));
    }

    [Fact]
    public void A_repeated_status_changes_nothing()
    {
        var message = Message("read", 3);
        message.Take(Update(MessageStatus.Read), Noon, Noon);
        var again = Message("read", 3);
        (again.SentAt, again.DeliveredAt, again.ReadAt, again.FirstStatusAt) = (message.SentAt, message.DeliveredAt, message.ReadAt, message.FirstStatusAt);
        Assert.False(again.Take(Update(MessageStatus.Read), Noon.AddSeconds(9), Noon));
        Assert.False(again.Changed);
    }
}
