using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.Inbound;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Tests.Inbound.Conversations;

/// <summary>Every type of message, from the signed webhook to what the API shows of it.</summary>
public sealed class MessageShapeTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Customer = "16505550001";
    private static readonly JsonSerializerOptions Json = Options();

    // type | the message's own part | what the API must show | whether it waits for an answer
    public static TheoryData<string, string, string, bool> Types => new()
    {
        { "text", """{"body":"Hi"}""", """{"text":"Hi","parts":null}""", true },
        { "image", """{"id":"1","mime_type":"image/jpeg","sha256":"x","caption":"This one"}""", """{"text":"This one","parts":{"media":{"kind":"image","mimeType":"image/jpeg","caption":"This one"}},"file":{"state":"wanted","url":null}}""", true },
        { "video", """{"id":"1","mime_type":"video/mp4"}""", """{"text":null,"parts":{"media":{"kind":"video"}}}""", true },
        { "audio", """{"id":"1","mime_type":"audio/ogg; codecs=opus","voice":true}""", """{"text":null,"parts":{"media":{"kind":"audio","voice":true}}}""", true },
        { "document", """{"id":"1","mime_type":"application/pdf","filename":"a.pdf"}""", """{"text":"a.pdf","parts":{"media":{"kind":"document","filename":"a.pdf"}},"file":{"filename":"a.pdf"}}""", true },
        { "sticker", """{"id":"1","mime_type":"image/webp","animated":true}""", """{"parts":{"media":{"kind":"sticker","animated":true}}}""", true },
        { "location", """{"latitude":"52.5","longitude":13.4,"name":"Gate","address":"Berlin"}""", """{"text":"Gate, Berlin","parts":{"location":{"latitude":52.5,"longitude":13.4,"name":"Gate","address":"Berlin"}}}""", true },
        { "location", """{"latitude":1,"longitude":2}""", """{"text":"1, 2","parts":{"location":{"latitude":1,"longitude":2,"name":null}}}""", true },
        { "contacts", """[{"name":{"formatted_name":"Ada"},"phones":[{"phone":"+1 555","wa_id":"1555","type":"CELL"}],"emails":[{"email":"a@b.c"}],"org":{"company":"X"},"origin":"contact_request"},{}]""", """{"text":"Ada (+1 555)","parts":{"contacts":[{"name":"Ada","company":"X","phones":[{"phone":"+1 555","waId":"1555","type":"CELL"}],"emails":["a@b.c"],"asked":true},{"name":null,"phones":[]}]}}""", true },
        { "interactive", """{"type":"button_reply","button_reply":{"id":"b1","title":"Yes"}}""", """{"text":"Yes","parts":{"answer":{"type":"button_reply","id":"b1","title":"Yes"}}}""", true },
        { "interactive", """{"type":"list_reply","list_reply":{"id":"r1","title":"Red","description":"A colour"}}""", """{"parts":{"answer":{"type":"list_reply","id":"r1","description":"A colour"}}}""", true },
        { "interactive", """{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t\",\"size\":\"L\"}"}}""", """{"text":"size: L","parts":{"answer":{"type":"nfm_reply","form":{"size":"L"}}}}""", true },
        { "interactive", """{"type":"nfm_reply","nfm_reply":{"response_json":"not json"}}""", """{"parts":{"answer":{"form":"not json"}}}""", true },
        { "interactive", """{"type":"call_permission_reply","call_permission_reply":{"response":"accept"}}""", """{"text":"accept","parts":{"answer":{"type":"call_permission_reply"}}}""", true },
        { "button", """{"text":"Yes please","payload":"p1"}""", """{"text":"Yes please","parts":{"answer":{"type":"button","id":"p1","title":"Yes please"}}}""", true },
        { "order", """{"catalog_id":"7","text":"Two","product_items":[{"product_retailer_id":"mug","quantity":"2","item_price":12.5,"currency":"EUR"}]}""", """{"parts":{"order":{"catalogId":"7","text":"Two","items":[{"productId":"mug","quantity":2,"price":12.5,"currency":"EUR"}]}}}""", true },
        { "system", """{"type":"user_changed_number","body":"User A changed","wa_id":"16505559999"}""", """{"author":"system","text":"User A changed","parts":{"notice":{"type":"user_changed_number","phone":"16505559999"}}}""", false },
        { "system", """{"type":"customer_identity_changed","body":"Changed"}""", """{"author":"system","parts":{"notice":{"type":"customer_identity_changed"}}}""", false },
        { "reaction", """{"message_id":"gone","emoji":"👍"}""", """{"text":"👍","parts":{"reaction":{"wamid":"gone","emoji":"👍"}},"contextMessageId":"gone"}""", false },
        { "edit", """{"original_message_id":"gone","message":{"type":"text","text":{"body":"New"}}}""", """{"text":"New","contextMessageId":"gone"}""", false },
        { "revoke", """{"original_message_id":"gone"}""", """{"text":null,"contextMessageId":"gone"}""", false },
        { "request_welcome", "{}", """{"type":"request_welcome"}""", false },
        { "hologram", """{"body":"From the future"}""", """{"type":"hologram","text":"From the future","content":{"body":"From the future"}}""", true },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public async Task Every_type_is_shown_in_one_shape(string type, string part, string expected, bool awaiting)
    {
        var message = Meta.Message("m", Customer, type, Noon, []);
        message[type] = JsonNode.Parse(part);
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, message));

        var shown = Assert.Single(await ThreadAsync());
        Contains(JsonNode.Parse(expected)!, shown);
        Assert.Equal(type, shown["type"]!.GetValue<string>());
        Assert.Equal(awaiting ? "t" : "f", await MessageAsync("awaiting", "m"));
        Assert.Null(await RejectedAsync());
    }

    [Fact]
    public async Task What_Meta_does_not_pass_on_says_why()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId,
            new JsonObject
            {
                ["from"] = Customer,
                ["id"] = "u",
                ["timestamp"] = "1795176000",
                ["type"] = "unsupported",
                ["unsupported"] = new JsonObject { ["type"] = "poll" },
                ["errors"] = new JsonArray(new JsonObject { ["code"] = 131051, ["title"] = "Unsupported", ["error_data"] = new JsonObject { ["details"] = "Message type is not supported." } }),
            },
            new JsonObject { ["from"] = Customer, ["id"] = "v", ["timestamp"] = 1795176001, ["type"] = "image", ["errors"] = new JsonArray(new JsonObject { ["code"] = "131052", ["title"] = "Media download error" }) }));

        var thread = await ThreadAsync();
        Contains(JsonNode.Parse("""{"text":"Message type is not supported.","parts":{"problem":{"code":131051,"text":"Message type is not supported.","type":"poll"}}}""")!, thread[0]);
        Contains(JsonNode.Parse("""{"type":"image","file":null,"parts":{"media":null,"problem":{"code":131052}}}""")!, thread[1]);
    }

    [Fact]
    public async Task Reactions_edits_and_revokes_are_on_their_message_in_whatever_order_they_come()
    {
        JsonObject Mark(string wamid, string type, JsonObject part, int second) => Meta.Message(wamid, Customer, type, Noon.AddSeconds(second), part);
        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        await ApplyAsync(
            Meta.Messages(Channel.PhoneNumberId, Mark("e2", "edit", new() { ["original_message_id"] = "m", ["message"] = new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "third" } } }, 9)),
            Meta.Messages(Channel.PhoneNumberId, Mark("r1", "reaction", new() { ["message_id"] = "m", ["emoji"] = "👍" }, 3)),
            Meta.Messages(Channel.PhoneNumberId, Meta.Text("m", Customer, "first", Noon), Meta.Text("n", Customer, "other", Noon.AddSeconds(1))),
            Meta.Messages(Channel.PhoneNumberId, Mark("e1", "edit", new() { ["original_message_id"] = "m", ["message"] = new JsonObject { ["type"] = "text", ["text"] = new JsonObject { ["body"] = "second" } } }, 5)),
            Meta.Messages(Channel.PhoneNumberId, Mark("r2", "reaction", new() { ["message_id"] = "m", ["emoji"] = "❤️" }, 4), Mark("r3", "reaction", new() { ["message_id"] = "n" }, 4), Mark("x", "revoke", new() { ["original_message_id"] = "n" }, 6)));

        var thread = await ThreadAsync();
        Contains(JsonNode.Parse("""{"text":"third","revokedAt":null,"reactions":[{"direction":"in","emoji":"❤️"}],"versions":[{"text":"first"},{"text":"second"},{"text":"third"}]}""")!, thread.Single(m => m["wamid"]!.GetValue<string>() == "m"));
        var taken = thread.Single(m => m["wamid"]!.GetValue<string>() == "n");
        Contains(JsonNode.Parse("""{"text":null,"reactions":[],"versions":[{"text":"other"}]}""")!, taken);
        Assert.NotNull(taken["revokedAt"]);
    }

    [Fact]
    public async Task Where_a_message_comes_from_is_kept_and_what_it_quotes_is_found()
    {
        var quoting = Meta.Text("q", Customer, "This?", Noon.AddSeconds(2));
        quoting["context"] = JsonNode.Parse("""{"from":"15550100001","id":"m","referred_product":{"catalog_id":"7","product_retailer_id":"mug"}}""");
        var forwarded = Meta.Text("f", Customer, "Look", Noon.AddSeconds(3));
        forwarded["context"] = JsonNode.Parse("""{"frequently_forwarded":true}""");
        var first = Meta.Text("m", Customer, "Hello", Noon);
        first["referral"] = JsonNode.Parse("""{"source_url":"https://fb.me/x","source_id":"9","source_type":"ad","headline":"Mugs","body":"Buy","media_type":"image","image_url":"https://i","ctwa_clid":"c"}""");
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, first, quoting, forwarded));

        var thread = await ThreadAsync();
        Contains(JsonNode.Parse("""{"referral":{"sourceType":"ad","sourceId":"9","headline":"Mugs","mediaUrl":"https://i","clickId":"c"},"context":null}""")!, thread[0]);
        Contains(JsonNode.Parse("""{"quoted":{"text":"Hello","direction":"in","author":"customer"},"context":{"forwarded":false,"catalogId":"7","productId":"mug"}}""")!, thread[1]);
        Contains(JsonNode.Parse("""{"quoted":null,"context":{"forwarded":true,"frequentlyForwarded":true}}""")!, thread[2]);
    }

    [Theory]
    [InlineData("number")]
    [InlineData("user id")]
    [InlineData("update")]
    public async Task A_customer_who_changes_is_the_same_and_is_answered_where_they_wrote_last(string how)
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("old", Customer, "Hello", Noon, "US.old")));
        Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        var notice = Meta.Message("sys", Customer, "system", Noon.AddSeconds(9), how == "number"
            ? new() { ["type"] = "user_changed_number", ["body"] = "Changed", ["wa_id"] = "16505557777" }
            : new() { ["type"] = "user_changed_user_id", ["body"] = "Changed", ["user_id"] = "US.new" });
        await ApplyAsync(how == "update"
            ? Meta.Post(Meta.Change(Channel.PhoneNumberId, "user_id_update", [new() { ["wa_id"] = Customer, ["user_id"] = new JsonObject { ["previous"] = "US.old", ["current"] = "US.new" }, ["timestamp"] = Noon.ToUnixTimeSeconds() }], "user_id_update"))
            : Meta.Messages(Channel.PhoneNumberId, notice));
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, how == "number" ? Meta.Text("new", "16505557777", "Me again", Noon.AddSeconds(20)) : Meta.Text("new", null, "Me again", Noon.AddSeconds(20), "US.new")));

        Assert.Equal(1, await CountAsync("conversations"));
        Assert.Equal(how == "number" ? "16505557777,US.old" : $"{Customer},US.new", await ConversationAsync("customer_phone, customer_user_id"));
        Assert.Equal(how == "update" ? 2 : 3, (await ThreadAsync()).Count);
    }

    [Fact]
    public async Task What_is_late_or_imported_is_shown_and_nothing_else()
    {
        await ApplyAsync(
            Meta.Messages(Channel.PhoneNumberId, Meta.Text("late", Customer, "Three days ago", Noon.AddDays(-3))),
            Meta.Post(new JsonObject
            {
                ["field"] = "history",
                ["value"] = JsonNode.Parse($$$"""
                    {"messaging_product":"whatsapp","metadata":{"display_phone_number":"15550100001","phone_number_id":"{{{Channel.PhoneNumberId}}}"},
                     "history":[{"metadata":{"phase":0 },"threads":[{"id":"{{{Customer}}}","messages":[
                       {"from":"{{{Customer}}}","id":"h1","timestamp":"{{{Noon.AddMinutes(-5).ToUnixTimeSeconds()}}}","type":"text","text":{"body":"Old question"}},
                       {"from":"15550100001","to":"{{{Customer}}}","id":"h2","timestamp":"{{{Noon.AddMinutes(-4).ToUnixTimeSeconds()}}}","type":"text","text":{"body":"Old answer"}} ] } ] } ] }
                    """),
            }));

        Assert.Equal(3, (await ThreadAsync()).Count);
        Assert.Equal("ai,t,t", await ConversationAsync("mode, turn_due_at IS NULL, unanswered_since IS NULL"));
        Assert.Equal(Noon.AddDays(-3), await TimeAsync("last_inbound_at"));
    }

    private async Task<List<JsonNode>> ThreadAsync()
    {
        await using var db = new InboundDb(
            (DbContextOptions<InboundDb>)new DbContextOptionsBuilder<InboundDb>().UseSchema(Database.DataSource, InboundDb.Schema).Options, Tenant.Everything);
        var conversation = await db.Set<Conversation>().AsNoTracking().SingleAsync(c => c.ChannelId == Channel.Id);
        var messages = await db.Set<Message>().AsNoTracking().Where(m => m.ConversationId == conversation.Id).OrderBy(m => m.At).ThenBy(m => m.Id).ToListAsync();
        var around = await MessageSurroundings.ReadAsync(db, conversation, messages, default);
        return [.. messages.Select(m => JsonSerializer.SerializeToNode(MessageResponse.Of(m, around), Json)!)];
    }

    /// <summary>All that is expected is there; more may be.</summary>
    private static void Contains(JsonNode? expected, JsonNode? actual, string path = "$")
    {
        switch (expected)
        {
            case JsonObject members:
                foreach (var (name, value) in members)
                    Contains(value, Assert.IsType<JsonObject>(actual)[name], $"{path}.{name}");
                break;
            case JsonArray items:
                Assert.Equal((path, items.Count), (path, Assert.IsType<JsonArray>(actual).Count));
                for (var i = 0; i < items.Count; i++)
                    Contains(items[i], actual![i], $"{path}[{i}]");
                break;
            default:
                Assert.True(JsonNode.DeepEquals(expected, actual), $"{path}: {actual?.ToJsonString() ?? "null"}, not {expected?.ToJsonString() ?? "null"}.");
                break;
        }
    }

    private static JsonSerializerOptions Options()
    {
        var options = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Bookbag.ServiceDefaults.Http.Json.Configure(options);
        return options;
    }
}
