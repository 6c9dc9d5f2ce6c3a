using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.WhatsApp;
using static Bookbag.Tests.WhatsApp.WebhookBody;

namespace Bookbag.Tests.WhatsApp;

public sealed class WebhookReaderTests
{
    private static readonly DateTimeOffset SentAt = DateTimeOffset.FromUnixTimeSeconds(1_790_000_000);

    [Fact]
    public void A_text_message_is_read_whole()
    {
        var change = Assert.Single(WebhookReader.Read(OfMessage("\"type\":\"text\",\"text\":{\"body\":\"Do you have it in blue?\"}")).Changes);
        Assert.Equal(("entry[0].changes[0]", "messages", Account, Number, "49155501099"),
            (change.Path, change.Field, change.BusinessAccountId, change.PhoneNumberId, change.DisplayPhoneNumber));
        Assert.Equal(
            new InboundMessage
            {
                Path = "entry[0].changes[0].value.messages[0]",
                Wamid = "wamid.in1",
                Customer = new Customer(Phone, UserId, null, "Ada Brook", "@adab"),
                At = SentAt,
                Type = "text",
                Kind = MessageKind.Text,
                Text = "Do you have it in blue?",
                Errors = [],
            },
            Assert.IsType<InboundMessage>(Assert.Single(change.Items)));
    }

    public static TheoryData<string, MessageKind, string?, string?> Types => new()
    {
        { """ "type":"text","text":{"body":"hi"} """, MessageKind.Text, "hi", null },
        { """ "type":"text","text":{"body":""} """, MessageKind.Text, null, null },
        { """ "type":"text" """, MessageKind.Text, null, null },
        { """ "text":{"body":"no type"} """, MessageKind.Text, "no type", null },
        { """ "type":"image","image":{"id":"5","caption":"my shoe"} """, MessageKind.Image, "my shoe", """{"id":"5","caption":"my shoe"}""" },
        { """ "type":"image","image":{"id":"5"} """, MessageKind.Image, null, """{"id":"5"}""" },
        { """ "type":"video","video":{"id":"5","caption":"look"} """, MessageKind.Video, "look", """{"id":"5","caption":"look"}""" },
        { """ "type":"document","document":{"id":"5","filename":"a.pdf"} """, MessageKind.Document, "a.pdf", """{"id":"5","filename":"a.pdf"}""" },
        { """ "type":"document","document":{"id":"5","filename":"a.pdf","caption":"the bill"} """, MessageKind.Document, "the bill", """{"id":"5","filename":"a.pdf","caption":"the bill"}""" },
        { """ "type":"audio","audio":{"id":"5","voice":true} """, MessageKind.Audio, null, """{"id":"5","voice":true}""" },
        { """ "type":"sticker","sticker":{"id":"5","animated":false} """, MessageKind.Sticker, null, """{"id":"5","animated":false}""" },
        { """ "type":"location","location":{"latitude":1.5,"longitude":"2.5","name":"Harbour","address":"Pier 3"} """, MessageKind.Location, "Harbour, Pier 3", """{"latitude":1.5,"longitude":"2.5","name":"Harbour","address":"Pier 3"}""" },
        { """ "type":"location","location":{"latitude":1.5,"longitude":"2.5"} """, MessageKind.Location, "1.5, 2.5", """{"latitude":1.5,"longitude":"2.5"}""" },
        { """ "type":"location","location":{} """, MessageKind.Location, null, "{}" },
        { """ "type":"contacts","contacts":[{"name":{"formatted_name":"Bo Lind"},"phones":[{"phone":"+46 70"}]},{"name":{"first_name":"Cy"}},{"phones":[{"wa_id":"4671"}]},{}] """, MessageKind.Contacts, "Bo Lind (+46 70), Cy, 4671", """[{"name":{"formatted_name":"Bo Lind"},"phones":[{"phone":"+46 70"}]},{"name":{"first_name":"Cy"}},{"phones":[{"wa_id":"4671"}]},{}]""" },
        { """ "type":"reaction","reaction":{"message_id":"wamid.a","emoji":"\ud83d\udc4d"} """, MessageKind.Reaction, "👍", """{"message_id":"wamid.a","emoji":"\ud83d\udc4d"}""" },
        { """ "type":"reaction","reaction":{"message_id":"wamid.a"} """, MessageKind.Reaction, null, """{"message_id":"wamid.a"}""" },
        { """ "type":"interactive","interactive":{"type":"button_reply","button_reply":{"id":"b1","title":"Yes"}} """, MessageKind.Interactive, "Yes", """{"type":"button_reply","button_reply":{"id":"b1","title":"Yes"}}""" },
        { """ "type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t\",\"size\":\"M\",\"count\":2,\"when\":null}"}} """, MessageKind.Interactive, "size: M\ncount: 2", """{"type":"nfm_reply","nfm_reply":{"name":"flow","body":"Sent","response_json":"{\"flow_token\":\"t\",\"size\":\"M\",\"count\":2,\"when\":null}"}}""" },
        { """ "type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"body":"Sent","response_json":"not json"}} """, MessageKind.Interactive, "not json", """{"type":"nfm_reply","nfm_reply":{"body":"Sent","response_json":"not json"}}""" },
        { """ "type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"body":"Sent"}} """, MessageKind.Interactive, "Sent", """{"type":"nfm_reply","nfm_reply":{"body":"Sent"}}""" },
        { """ "type":"interactive","interactive":{"type":"call_permission_reply","call_permission_reply":{"response":"accept"}} """, MessageKind.Interactive, "accept", """{"type":"call_permission_reply","call_permission_reply":{"response":"accept"}}""" },
        { """ "type":"interactive","errors":[{"code":131051,"title":"Unsupported"}] """, MessageKind.Interactive, null, """{"from":"4915550100","id":"wamid.in1","timestamp":"1790000000","type":"interactive","errors":[{"code":131051,"title":"Unsupported"}]}""" },
        { """ "type":"button","button":{"text":"Stop","payload":"STOP-1"} """, MessageKind.Button, "Stop", """{"text":"Stop","payload":"STOP-1"}""" },
        { """ "type":"order","order":{"catalog_id":"9","text":"for Friday","product_items":[{"product_retailer_id":"mug","quantity":2,"item_price":"7.5","currency":"EUR"},{"product_retailer_id":"cup"}]} """, MessageKind.Order, "for Friday\n2 × mug (7.5 EUR), 1 × cup", """{"catalog_id":"9","text":"for Friday","product_items":[{"product_retailer_id":"mug","quantity":2,"item_price":"7.5","currency":"EUR"},{"product_retailer_id":"cup"}]}""" },
        { """ "type":"unsupported","errors":[{"code":"131051","title":"Message type unknown","error_data":{"details":"Not supported."}}] """, MessageKind.Unsupported, "Not supported.", """{"from":"4915550100","id":"wamid.in1","timestamp":"1790000000","type":"unsupported","errors":[{"code":"131051","title":"Message type unknown","error_data":{"details":"Not supported."}}]}""" },
        { """ "type":"edit","edit":{"original_message_id":"wamid.a","message":{"type":"text","text":{"body":"in green"}}} """, MessageKind.Edit, "in green", """{"original_message_id":"wamid.a","message":{"type":"text","text":{"body":"in green"}}}""" },
        { """ "type":"revoke","revoke":{"original_message_id":"wamid.a"} """, MessageKind.Revoke, null, """{"original_message_id":"wamid.a"}""" },
        { """ "type":"request_welcome" """, MessageKind.RequestWelcome, null, """{"from":"4915550100","id":"wamid.in1","timestamp":"1790000000","type":"request_welcome"}""" },
        { """ "type":"hologram","hologram":{"body":"spin"} """, MessageKind.Unknown, "spin", """{"body":"spin"}""" },
        { """ "type":"hologram" """, MessageKind.Unknown, null, """{"from":"4915550100","id":"wamid.in1","timestamp":"1790000000","type":"hologram"}""" },
    };

    [Theory]
    [MemberData(nameof(Types))]
    public void Every_type_is_understood_and_readable(string json, MessageKind kind, string? text, string? content)
    {
        var message = ReadMessage(json);
        Assert.Equal((kind, text, content), (message.Kind, message.Text, message.Content));
    }

    [Theory]
    [InlineData("text", true)]
    [InlineData("image", true)]
    [InlineData("audio", true)]
    [InlineData("button", true)]
    [InlineData("interactive", true)]
    [InlineData("order", true)]
    [InlineData("location", true)]
    [InlineData("hologram", true)]
    [InlineData("reaction", false)]
    [InlineData("system", false)]
    [InlineData("unsupported", false)]
    [InlineData("edit", false)]
    [InlineData("revoke", false)]
    [InlineData("request_welcome", false)]
    public void Only_what_was_said_deserves_an_answer(string type, bool deserves) =>
        Assert.Equal(deserves, ReadMessage($"\"type\":\"{type}\"").DeservesAnswer);

    [Fact]
    public void A_group_is_not_answered()
    {
        var message = ReadMessage("\"type\":\"text\",\"text\":{\"body\":\"hi all\"},\"group_id\":\"G1\"");
        Assert.Equal(("G1", false), (message.GroupId, message.DeservesAnswer));
    }

    [Theory]
    [InlineData("\"1790000000\"")]
    [InlineData("1790000000")]
    public void A_time_may_be_a_text_or_a_number(string timestamp) =>
        Assert.Equal(SentAt, Single<InboundMessage>(OfNumber($$$"""
            "messages":[{"from":"1555","id":"w","timestamp":{{{timestamp}}},"type":"text","text":{"body":"x"}}]
            """)).At);

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\"soon\"")]
    [InlineData("-5")]
    [InlineData("99999999999999999999")]
    [InlineData("1e400")]
    [InlineData("{}")]
    public void A_time_that_is_none_is_absent(string timestamp) =>
        Assert.Null(Single<InboundMessage>(OfNumber($$$"""
            "messages":[{"from":"1555","id":"w","timestamp":{{{timestamp}}},"type":"text","text":{"body":"x"}}]
            """)).At);

    public static TheoryData<string, Customer> Senders => new()
    {
        { """ "contacts":[{"profile":{"name":"A"},"wa_id":"111"},{"profile":{"name":"B"},"wa_id":"222"}],"messages":[{"from":"222","id":"w"}] """, new Customer("222", null, null, "B") },
        { """ "contacts":[{"profile":{"name":"B"},"user_id":"DE.2","parent_user_id":"DE.ENT.2"}],"messages":[{"from_user_id":"DE.2","id":"w"}] """, new Customer(null, "DE.2", "DE.ENT.2", "B") },
        { """ "contacts":[{"wa_id":"222","user_id":"DE.2"}],"messages":[{"from":"222","id":"w"}] """, new Customer("222", "DE.2") },
        { """ "contacts":[{"wa_id":"222","user_id":"DE.2"}],"messages":[{"from":"","from_user_id":"DE.2","from_parent_user_id":"DE.ENT.9","id":"w"}] """, new Customer("222", "DE.2", "DE.ENT.9") },
        { """ "contacts":[{"wa_id":"","profile":{},"user_id":"DE.2"}],"messages":[{"id":"w"}] """, new Customer(null, "DE.2") },
        { """ "contacts":[{"profile":{"name":"Somebody else"},"wa_id":"999"}],"messages":[{"from":"222","id":"w"}] """, new Customer("222", null) },
        { """ "contacts":null,"messages":[{"from":222,"id":"w"}] """, new Customer("222", null) },
        { """ "messages":[{"from":"+49 (155) 501-00","id":"w"}] """, new Customer("4915550100", null) },
        { """ "messages":[{"from":"DE.2","id":"w"}] """, new Customer(null, "DE.2") },
        { """ "messages":[{"from":"A_PLACEHOLDER","id":"w"}] """, new Customer("A_PLACEHOLDER", null) },
    };

    [Theory]
    [MemberData(nameof(Senders))]
    public void The_sender_is_found_by_number_or_user_id_never_by_position(string rest, Customer expected) =>
        Assert.Equal(expected, Single<InboundMessage>(OfNumber(rest)).Customer);

    [Fact]
    public void What_was_tapped_is_kept_with_our_id_of_it()
    {
        Assert.Equal(
            new InteractiveAnswer("list_reply", "express", "Express", "Next day", null),
            ReadMessage("""
                "type":"interactive","interactive":{"type":"list_reply","list_reply":{"id":"express","title":"Express","description":"Next day"}}
                """).Answer);
        Assert.Equal(new InteractiveAnswer("button", "P-1", "Yes", null, null), ReadMessage("\"type\":\"button\",\"button\":{\"text\":\"Yes\",\"payload\":\"P-1\"}").Answer);
        Assert.Equal(
            new InteractiveAnswer("nfm_reply", null, null, null, """{"size":"M"}"""),
            ReadMessage("""
                "type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"response_json":"{\"size\":\"M\"}"}}
                """).Answer);
        Assert.Null(ReadMessage("\"type\":\"interactive\"").Answer);
    }

    [Theory]
    [InlineData("\"type\":\"text\",\"context\":{\"from\":\"1\",\"id\":\"wamid.q\"}", "wamid.q", false, false)]
    [InlineData("\"type\":\"text\",\"context\":{\"forwarded\":true}", null, true, false)]
    [InlineData("\"type\":\"text\",\"context\":{\"frequently_forwarded\":true}", null, true, true)]
    [InlineData("\"type\":\"reaction\",\"reaction\":{\"message_id\":\"wamid.r\"}", "wamid.r", false, false)]
    [InlineData("\"type\":\"edit\",\"edit\":{\"original_message_id\":\"wamid.e\"}", "wamid.e", false, false)]
    [InlineData("\"type\":\"revoke\",\"revoke\":{\"original_message_id\":\"wamid.v\"}", "wamid.v", false, false)]
    public void What_it_refers_to_is_known(string json, string? context, bool forwarded, bool frequently)
    {
        var message = ReadMessage(json);
        Assert.Equal((context, forwarded, frequently), (message.ContextWamid, message.Forwarded, message.FrequentlyForwarded));
    }

    [Fact]
    public void A_referral_is_kept_on_any_type() =>
        Assert.Equal("""{"source_type":"ad","ctwa_clid":"c"}""", ReadMessage("\"type\":\"image\",\"referral\":{\"source_type\":\"ad\",\"ctwa_clid\":\"c\"}").Referral);

    public static TheoryData<string, IdentityChange?> SystemMessages => new()
    {
        { """{"type":"user_changed_number","wa_id":"4916660","body":"User A changed from 1 to 2"}""", new IdentityChange(new(Phone, UserId), new("4916660", null)) },
        { """{"type":"customer_changed_number","new_wa_id":"4916660"}""", new IdentityChange(new(Phone, UserId), new("4916660", null)) },
        { """{"type":"user_changed_user_id","user_id":"DE.8","parent_user_id":"DE.ENT.8"}""", new IdentityChange(new(Phone, UserId), new(null, "DE.8"), null, "DE.ENT.8") },
        { """{"type":"customer_identity_changed","identity":{"hash":"x"}}""", null },
    };

    [Theory]
    [MemberData(nameof(SystemMessages))]
    public void A_changed_number_or_user_id_is_read(string system, IdentityChange? expected) =>
        Assert.Equal(expected, ReadMessage($"\"type\":\"system\",\"system\":{system}").IdentityChange);

    [Fact]
    public void A_changed_user_id_also_comes_as_a_subject_of_its_own()
    {
        var update = Single<IdentityUpdate>(OfNumber(
            """
            "user_id_update":[{"wa_id":"4915550100","detail":"changed","user_id":{"previous":"DE.1","current":"DE.2"},"timestamp":1790000000}]
            """, "user_id_update"));
        Assert.Equal((new IdentityChange(new(Phone, "DE.1"), new(null, "DE.2")), SentAt), (update.Change, update.At!.Value));
    }

    [Fact]
    public void A_status_is_read_whole()
    {
        var status = Single<StatusUpdate>(OfNumber(
            """
            "contacts":[{"wa_id":"4915550100","user_id":"DE.1"}],
            "statuses":[{"id":"wamid.out","status":"failed","timestamp":"1790000000","recipient_id":"4915550100","recipient_user_id":"DE.1",
              "biz_opaque_callback_data":"mine-1","pricing":{"category":"service"},
              "errors":[{"code":"131047","title":"Re-engagement message","error_data":{"details":"More than 24 hours"}},{"code":1,"error_data":"a text"}]}]
            """));
        Assert.Equal(("wamid.out", "failed", MessageStatus.Failed, SentAt, Phone, "DE.1", "mine-1", """{"category":"service"}"""),
            (status.Wamid, status.StatusText, status.Status, status.At!.Value, status.RecipientPhone, status.RecipientUserId, status.CallbackData, status.Pricing));
        Assert.Equal([(131047, "Re-engagement message", "More than 24 hours", GraphAction.FailMessage), (1, "error 1", "a text", GraphAction.Retry)],
            status.Errors.Select(e => (e.Code, e.Message, e.Details, e.Action)));
    }

    [Theory]
    [InlineData("sent", MessageStatus.Sent, 1)]
    [InlineData("delivered", MessageStatus.Delivered, 2)]
    [InlineData("read", MessageStatus.Read, 3)]
    [InlineData("played", MessageStatus.Played, 4)]
    [InlineData("failed", MessageStatus.Failed, 9)]
    [InlineData("deleted", MessageStatus.Unknown, 0)]
    [InlineData("warning", MessageStatus.Unknown, 0)]
    [InlineData("teleported", MessageStatus.Unknown, 0)]
    public void A_status_only_moves_up(string word, MessageStatus status, short rank)
    {
        var update = Single<StatusUpdate>(OfNumber($$"""
            "statuses":[{"id":"w","status":"{{word}}"}]
            """));
        Assert.Equal((word, status, rank), (update.StatusText, update.Status, update.Status.Rank()));
    }

    [Fact]
    public void A_status_of_a_group_names_the_group_and_the_member()
    {
        var status = Single<StatusUpdate>(OfNumber("""
            "statuses":[{"id":"w","status":"read","recipient_id":"G1","recipient_type":"group","recipient_participant_id":"4917"}]
            """));
        Assert.Equal(("G1", "4917", null), (status.GroupId, status.GroupParticipant, status.RecipientPhone));
    }

    [Fact]
    public void An_echo_names_the_customer_it_was_written_to()
    {
        var echo = Single<MessageEcho>(OfNumber("""
            "contacts":[{"profile":{"name":"Ada"},"wa_id":"4915550100"}],
            "message_echoes":[{"from":"49155501099","to":"4915550100","to_user_id":"DE.1","id":"wamid.e","timestamp":"1790000000","type":"text","text":{"body":"On it"}}]
            """, "smb_message_echoes"));
        Assert.Equal(("wamid.e", new Customer(Phone, "DE.1", null, "Ada"), "On it", false), (echo.Wamid, echo.Customer, echo.Text, echo.Imported));
    }

    [Fact]
    public void Imported_history_is_flagged_and_answered_by_nobody()
    {
        var items = Assert.Single(WebhookReader.Read(OfNumber("""
            "history":[{"metadata":{"phase":0},"threads":[{"id":"4915550100","messages":[
               {"from":"4915550100","id":"w1","timestamp":"1","type":"text","text":{"body":"old question"}},
               {"from":"49155501099","to":"4915550100","id":"w2","timestamp":"2","type":"text","text":{"body":"old answer"}}]}]},
              {"errors":[{"code":2593108,"title":"not shared"}]}]
            """, "history")).Changes).Items;
        var question = Assert.IsType<InboundMessage>(items[0]);
        Assert.Equal((true, false, Phone, "entry[0].changes[0].value.history[0].threads[0].messages[0]"),
            (question.Imported, question.DeservesAnswer, question.Customer.Phone, question.Path));
        Assert.True(Assert.IsType<MessageEcho>(items[1]).Imported);
        Assert.Equal(2593108, Assert.IsType<ChannelError>(items[2]).Error.Code);
    }

    [Fact]
    public void A_problem_of_the_number_is_an_item() =>
        Assert.Equal(130429, Single<ChannelError>(OfNumber("\"errors\":[{\"code\":130429,\"title\":\"Rate limit hit\"}]")).Error.Code);

    [Theory]
    [InlineData("account_update", """{"event":"ACCOUNT_DELETED"}""", "account_update")]
    [InlineData("message_template_status_update", """{"event":"APPROVED","message_template_id":1,"reason":null}""", "message_template_status_update")]
    [InlineData("message_template_status_update", """{"new_quality_score":"YELLOW","previous_quality_score":"GREEN"}""", "message_template_quality_update")]
    [InlineData("never_heard_of", """{"a":[1,{"b":null}]}""", "never_heard_of")]
    [InlineData("calls", """{"calls":[{"id":"c"}]}""", "calls")]
    [InlineData("messages", """{"surprise":{}}""", "messages")]
    public void Every_other_subject_is_kept_as_it_came(string field, string value, string expected)
    {
        var change = Single<AccountChange>(Of(value, field));
        Assert.Equal((expected, value), (change.Field, change.Value));
    }

    [Fact]
    public void A_change_without_a_field_is_read_by_what_it_holds()
    {
        var body = """
            {"entry":[{"id":"1","time":1790000000,"changes":[
              {"value":{"metadata":{"phone_number_id":"2"},"messages":[{"from":"3","id":"w","type":"text","text":{"body":"x"}}]}},
              {"value":{"event":"PARTNER_APP_INSTALLED","field":"account_update"}},
              {"value":{"event":"PARTNER_APP_UNINSTALLED"}}]}]}
            """u8.ToArray();
        var changes = WebhookReader.Read(body).Changes;
        Assert.IsType<InboundMessage>(Assert.Single(changes[0].Items));
        Assert.Equal(["account_update", null], changes.Skip(1).Select(c => Assert.IsType<AccountChange>(Assert.Single(c.Items)).Field));
        Assert.All(changes, change => Assert.Equal(SentAt, change.At));
    }

    [Fact]
    public void One_bad_item_is_rejected_with_its_path_and_the_rest_counts()
    {
        var notification = WebhookReader.Read("""
            {"entry":[null,{"id":"1","changes":[{"field":"messages","value":null},{"field":"messages","value":{"metadata":{"phone_number_id":"2"},
              "messages":[{"from":"3","type":"text"},{"id":"w1","type":"text"},7,{"from":"3","id":"w2","type":"text","text":{"body":"good"}}],
              "statuses":[{"status":"read"},{"id":"w3"},{"id":"w4","status":"read"}],
              "errors":"none"}}]},{"id":"9"}]}
            """u8.ToArray());
        Assert.Equal(
            [
                new("entry[0]", "The entry has no list of changes."),
                new("entry[1].changes[0]", "The change has no value.", "1"),
                new("entry[1].changes[1].value.messages[0]", "The message has no id.", "1", "2"),
                new("entry[1].changes[1].value.messages[1]", "The message does not say who wrote it.", "1", "2"),
                new("entry[1].changes[1].value.messages[2]", "This is not an object.", "1", "2"),
                new("entry[1].changes[1].value.statuses[0]", "The status does not say which message it is of.", "1", "2"),
                new("entry[1].changes[1].value.statuses[1]", "The status does not say what it is.", "1", "2"),
                new("entry[1].changes[1].value.errors", "This is not a list.", "1", "2"),
                new WebhookRejection("entry[2]", "The entry has no list of changes.", "9"),
            ],
            notification.Rejections);
        Assert.Equal(["entry[1].changes[1].value.messages[3]", "entry[1].changes[1].value.statuses[2]"], Assert.Single(notification.Changes).Items.Select(i => i.Path));
    }

    [Theory]
    [InlineData("", "The body is not JSON: line 1, byte 1.")]
    [InlineData("{\"entry\":[", "The body is not JSON: line 1, byte 11.")]
    [InlineData("[]", "The body has no list of entries.")]
    [InlineData("{\"entry\":{}}", "The body has no list of entries.")]
    public void A_body_that_is_no_webhook_is_one_rejection(string body, string reason) =>
        Assert.Equal(new WebhookRejection("$", reason), Assert.Single(WebhookReader.Read(Encoding.UTF8.GetBytes(body)).Rejections));

    [Fact]
    public void Broken_text_is_mended_so_that_it_can_be_read_and_stored()
    {
        byte[] body = [.. OfMessage("\"type\":\"hologram\",\"hologram\":{\"body\":\"a\\u0000b\\ud83dc\\udc4d\\ud83d\\udc4d \\\\u0000 ?\"}")];
        body[body.AsSpan().LastIndexOf((byte)'?')] = 0xff;
        var message = Single<InboundMessage>(body);
        Assert.Equal("a\ufffdb\ufffdc\ufffd👍 \\u0000 \ufffd", message.Text);
        Assert.Equal("""{"body":"a\ufffdb\ufffdc\ufffd\ud83d\udc4d \\u0000 """ + "\ufffd\"}", message.Content);
        Assert.Equal(message.Text, JsonDocument.Parse(message.Content!).RootElement.GetProperty("body").GetString());
    }

    [Fact]
    public void No_record_of_a_customer_prints_the_number() =>
        Assert.DoesNotContain(Phone, ReadMessage("\"type\":\"text\"").Customer.ToString(), StringComparison.Ordinal);
}
