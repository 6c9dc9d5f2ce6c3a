using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.WhatsApp;

/// <summary>Notifications as Meta and others write them, read and compared with what a plain walk through their JSON finds.</summary>
public sealed class WebhookFixtureTests
{
    public static TheoryData<string> Webhooks => Fixtures.Names("webhooks");

    [FixtureTheory]
    [MemberData(nameof(Webhooks))]
    public void Every_notification_is_read_whole(string name)
    {
        var body = Fixtures.Read("webhooks", name);
        var root = JsonDocument.Parse(body).RootElement;
        var notification = WebhookReader.Read(body);
        Assert.Empty(notification.Rejections);
        Assert.NotEmpty(notification.Changes);
        Assert.All(notification.Changes, change => Assert.NotEmpty(change.Items));

        var items = notification.Changes.SelectMany(change => change.Items).ToList();
        Assert.Equal(Ids(root, "messages"), items.OfType<InboundMessage>().Select(m => m.Wamid));
        Assert.Equal(Ids(root, "message_echoes"), items.OfType<MessageEcho>().Select(m => m.Wamid));
        Assert.Equal(Ids(root, "statuses"), items.OfType<StatusUpdate>().Select(s => s.Wamid));
        Assert.All(items.OfType<InboundMessage>(), CheckMessage);
        Assert.All(items.OfType<StatusUpdate>(), CheckStatus);

        var scan = WebhookScan.Of(body);
        Assert.True(scan.IsNotification);
        Assert.Equal(notification.Changes.Select(c => c.PhoneNumberId).OfType<string>().Distinct().Order(), scan.PhoneNumberIds.Order());
        Assert.Equal(notification.Changes.Select(c => c.BusinessAccountId).OfType<string>().Distinct().Order(), scan.BusinessAccountIds.Order());
    }

    [FixtureFact]
    public void All_notifications_in_one_are_read_as_each_alone()
    {
        var bodies = Fixtures.Files("webhooks").Select(name => Fixtures.Read("webhooks", name)).ToList();
        var entries = bodies.Select(body => JsonDocument.Parse(body).RootElement.GetProperty("entry")).SelectMany(list => list.EnumerateArray()).Select(e => e.GetRawText());
        var together = WebhookReader.Read(Encoding.UTF8.GetBytes($$"""{"entry":[{{string.Join(',', entries)}}]}"""));
        Assert.Empty(together.Rejections);
        Assert.Equal(
            bodies.SelectMany(body => WebhookReader.Read(body).Changes).SelectMany(change => change.Items).Select(item => item.GetType()),
            together.Changes.SelectMany(change => change.Items).Select(item => item.GetType()));
    }

    private static void CheckMessage(InboundMessage message)
    {
        Assert.NotNull(message.At);
        Assert.NotEqual(MessageKind.Unknown, message.Kind);
        Assert.False(message.Customer.Address.IsEmpty);
        Assert.Equal(message.Kind.IsSaid(), message.DeservesAnswer);
        Assert.Equal(message.Kind == MessageKind.Unsupported, message.Errors.Count > 0);
        Assert.Equal(message.Kind is MessageKind.Interactive or MessageKind.Button, message.Answer is not null);
        var mayBeSilent = message.Kind is MessageKind.Image or MessageKind.Video or MessageKind.Audio or MessageKind.Sticker or MessageKind.Reaction;
        Assert.True(mayBeSilent || message.Text is not null, $"{message.Type} has no text");
        if (message.Kind != MessageKind.Text)
            Assert.NotEqual(JsonValueKind.Undefined, JsonDocument.Parse(message.Content!).RootElement.ValueKind);
    }

    private static void CheckStatus(StatusUpdate status)
    {
        Assert.NotNull(status.At);
        Assert.NotEqual(MessageStatus.Unknown, status.Status);
        Assert.Equal(status.Status == MessageStatus.Failed, status.Errors.Count > 0);
        Assert.True(status.RecipientPhone is not null || status.RecipientUserId is not null);
    }

    private static IEnumerable<string> Ids(JsonElement root, string list) =>
        from entry in root.GetProperty("entry").EnumerateArray()
        from change in entry.GetProperty("changes").EnumerateArray()
        where change.GetProperty("value").TryGetProperty(list, out _)
        from item in change.GetProperty("value").GetProperty(list).EnumerateArray()
        select item.GetProperty("id").GetString();
}
