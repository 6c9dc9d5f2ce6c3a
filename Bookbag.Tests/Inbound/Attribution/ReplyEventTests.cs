using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.Attribution;
using Bookbag.Tests.Inbound.Webhooks;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Attribution;

/// <summary>Which customers' messages go to Outbound, as answers to a campaign.</summary>
public sealed class ReplyEventTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Customer = "16505550001";

    [Fact]
    public async Task Every_message_goes_to_Outbound_once_with_what_it_quotes_and_whose_button_was_tapped()
    {
        var (_, recipient) = await Database.DataSource.AddCampaignAsync(Channel.WorkspaceId, Channel.AgentId, Channel.Id, $"p:{Customer}", Noon.AddHours(-1));
        var plain = Meta.Text("in.1", Customer, "How much?", Noon);
        var quoting = Meta.Text("in.2", Customer, "This one", Noon);
        quoting["context"] = new JsonObject { ["from"] = "15550100001", ["id"] = "wamid.x" };
        var tapped = Meta.Message("in.3", Customer, "button", Noon, new() { ["text"] = "Show me", ["payload"] = ReplyToken.Of(recipient, 0) });
        var stop = Meta.Text("in.4", Customer, "STOP", Noon);
        var reaction = Meta.Message("in.5", Customer, "reaction", Noon, new() { ["message_id"] = "wamid.x", ["emoji"] = "👍" });
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, plain, quoting, tapped, stop, reaction, plain));
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, quoting));

        Assert.Equal($"in.1 false; in.2 wamid.x false; in.3 {recipient} false; in.4 true",
            await RepliesAsync("wamid, payload ->> 'quoted', payload ->> 'token', payload ->> 'optOut'"));
        Assert.Equal("4", await Parts.Database.ScalarAsync<string>($"""
            SELECT count(*)::text FROM delivery.events e JOIN inbound.messages m ON m.channel_id = e.channel_id AND m.id = (e.payload ->> 'messageId')::uuid
            WHERE e.channel_id = '{Channel.Id}' AND e.kind = 'reply' AND m.conversation_id = (e.payload ->> 'conversationId')::uuid AND m.wamid = e.wamid AND m.at = e.at
            """));
    }

    [Fact]
    public async Task Where_no_campaign_ever_went_out_nothing_is_written()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("in.1", Customer, "Hello", Noon)));
        Assert.Null(await RepliesAsync("wamid"));
    }

    private Task<string?> RepliesAsync(string columns) => Parts.Database.ScalarAsync<string>(
        $"SELECT string_agg(concat_ws(' ', {columns}), '; ' ORDER BY id) FROM delivery.events WHERE channel_id = '{Channel.Id}' AND kind = 'reply'");
}
