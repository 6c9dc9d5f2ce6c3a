using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.WhatsApp;

public sealed class OutgoingMessageTests
{
    private static readonly CustomerAddress Phone = new("4915550100", null);
    private static readonly CustomerAddress UserId = new(null, "DE.7734920015");
    private static readonly MediaSource Link = MediaSource.Link(new Uri("https://shop.example/shoe.jpg"));

    /// <summary>One message of every kind, with everything it can have.</summary>
    private static IEnumerable<OutgoingMessage> EveryKind =>
    [
        OutgoingMessage.Text(Phone, "Hello 👍 \"you\""),
        OutgoingMessage.Text(UserId, new string('x', OutgoingMessage.MaxText), previewUrl: true) with { ContextWamid = "wamid.q", CallbackData = new string('c', 512) },
        OutgoingMessage.Image(Phone, MediaSource.Id("5"), new string('x', 1024)),
        OutgoingMessage.Image(Phone, Link),
        OutgoingMessage.Video(Phone, Link, "look"),
        OutgoingMessage.Document(Phone, Link, "bill.pdf", "the bill"),
        OutgoingMessage.Audio(Phone, MediaSource.Id("5")),
        OutgoingMessage.Sticker(Phone, MediaSource.Id("5")),
        OutgoingMessage.Location(Phone, 53.5, 9.9, "Harbour", "Pier 3"),
        OutgoingMessage.Reaction(Phone, "wamid.q", "👍"),
        OutgoingMessage.Reaction(Phone, "wamid.q", ""),
        OutgoingMessage.Buttons(Phone, "Which?", [new("a", "This"), new("b", "That"), new("c", "None")], "Choose", "Thanks"),
        OutgoingMessage.List(Phone, "Which?", "Choose", [new("Shoes", [new("s", "Sneaker", "light"), new("b", "Boot")]), new("Bags", [new("t", "Tote")])], "Shop", "Thanks"),
        OutgoingMessage.List(Phone, "Which?", "Choose", [new(null, [new("s", "Sneaker")])]),
        OutgoingMessage.Template(Phone, "hello_world", "en_US", []),
        OutgoingMessage.Template(
            Phone, "order_update", "de",
            [
                TemplateComponent.Header(TemplateParameter.Image(Link)),
                TemplateComponent.Body([TemplateParameter.Text("Ada"), TemplateParameter.Text("17")]),
                TemplateComponent.QuickReply(0, "c1:yes"),
                TemplateComponent.UrlButton(1, "17"),
                TemplateComponent.CopyCode(9, "SAVE10"),
            ]),
        OutgoingMessage.Template(
            UserId, "named", "en",
            [TemplateComponent.Header(TemplateParameter.Document(MediaSource.Id("5"), "bill.pdf")), TemplateComponent.Body([TemplateParameter.Text("Ada", "first_name")])]),
        OutgoingMessage.Template(
            Phone, "places", "en",
            [TemplateComponent.Header(TemplateParameter.Location(53.5, 9.9, "Harbour", "Pier 3")), TemplateComponent.Body([TemplateParameter.Text("Ada")])]),
        OutgoingMessage.Template(Phone, "film", "en", [TemplateComponent.Header(TemplateParameter.Video(Link))]),
    ];

    [Fact]
    public void A_text_is_written_as_Meta_documents_it() =>
        Assert.Equal(
            """{"messaging_product":"whatsapp","recipient_type":"individual","to":"+4915550100","context":{"message_id":"wamid.q"},"biz_opaque_callback_data":"mine-1","type":"text","text":{"body":"Grüße!"}}""",
            Json(OutgoingMessage.Text(Phone, "Grüße!") with { ContextWamid = "wamid.q", CallbackData = "mine-1" }));

    [Fact]
    public void A_user_id_goes_in_a_field_of_its_own_and_untouched() =>
        Assert.Equal(
            """{"messaging_product":"whatsapp","recipient_type":"individual","recipient":"DE.7734920015","type":"text","text":{"body":"Hi"}}""",
            Json(OutgoingMessage.Text(UserId, "Hi")));

    [Fact]
    public void The_phone_number_goes_first_where_both_are_known() =>
        Assert.DoesNotContain("\"recipient\"", Json(OutgoingMessage.Text(new CustomerAddress("1", "DE.1"), "Hi")), StringComparison.Ordinal);

    [Fact]
    public void A_template_is_written_as_Meta_documents_it() =>
        Assert.Equal(
            """
            {"messaging_product":"whatsapp","recipient_type":"individual","to":"+4915550100","type":"template","template":{"name":"order_update","language":{"code":"de"},"components":[
            {"type":"header","parameters":[{"type":"image","image":{"id":"5"}}]},
            {"type":"body","parameters":[{"type":"text","parameter_name":"first_name","text":"Ada"}]},
            {"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"yes"}]},
            {"type":"button","sub_type":"copy_code","index":"1","parameters":[{"type":"coupon_code","coupon_code":"SAVE"}]}]}}
            """.ReplaceLineEndings(""),
            Json(OutgoingMessage.Template(
                Phone, "order_update", "de",
                [
                    TemplateComponent.Header(TemplateParameter.Image(MediaSource.Id("5"))),
                    TemplateComponent.Body([TemplateParameter.Text("Ada", "first_name")]),
                    TemplateComponent.QuickReply(0, "yes"),
                    TemplateComponent.CopyCode(1, "SAVE"),
                ])));

    [Fact]
    public void A_list_is_written_as_Meta_documents_it() =>
        Assert.Equal(
            """
            {"messaging_product":"whatsapp","recipient_type":"individual","to":"+4915550100","type":"interactive","interactive":{"type":"list","body":{"text":"Which?"},
            "action":{"button":"Choose","sections":[{"title":"Shoes","rows":[{"id":"s","title":"Sneaker","description":"light"}]}]}}}
            """.ReplaceLineEndings(""),
            Json(OutgoingMessage.List(Phone, "Which?", "Choose", [new("Shoes", [new("s", "Sneaker", "light")])])));

    [Fact]
    public void Half_of_a_surrogate_pair_does_not_break_the_body() =>
        Assert.Equal("a\ufffd", JsonDocument.Parse(OutgoingMessage.Text(Phone, "a\ud83d").ToJson()).RootElement.GetProperty("text").GetProperty("body").GetString());

    [Fact]
    public void A_message_prints_neither_number_nor_text() =>
        Assert.Equal("an outgoing message of type text", OutgoingMessage.Text(Phone, "secret").ToString());

    public static TheoryData<string, Action> Refusals => new()
    {
        { "recipient", () => OutgoingMessage.Text(default, "x") },
        { "The text is missing", () => OutgoingMessage.Text(Phone, " ") },
        { "4097 characters; Meta takes 4096", () => OutgoingMessage.Text(Phone, new string('x', 4097)) },
        { "callback data", () => _ = OutgoingMessage.Text(Phone, "x") with { CallbackData = new string('x', 513) } },
        { "caption", () => OutgoingMessage.Image(Phone, Link, new string('x', 1025)) },
        { "link", () => MediaSource.Link(new Uri("/shoe.jpg", UriKind.Relative)) },
        { "link", () => MediaSource.Link(new Uri("file:///etc/passwd")) },
        { "media id", () => MediaSource.Id("") },
        { "degrees", () => OutgoingMessage.Location(Phone, 91, 0) },
        { "degrees", () => OutgoingMessage.Location(Phone, double.NaN, 0) },
        { "react to", () => OutgoingMessage.Reaction(Phone, "", "x") },
        { "one to three buttons", () => OutgoingMessage.Buttons(Phone, "x", []) },
        { "one to three buttons", () => OutgoingMessage.Buttons(Phone, "x", [new("1", "1"), new("2", "2"), new("3", "3"), new("4", "4")]) },
        { "button's title has 21", () => OutgoingMessage.Buttons(Phone, "x", [new("1", new string('x', 21))]) },
        { "button's id has 257", () => OutgoingMessage.Buttons(Phone, "x", [new(new string('x', 257), "1")]) },
        { "must differ", () => OutgoingMessage.Buttons(Phone, "x", [new("1", "same"), new("2", "same")]) },
        { "must differ", () => OutgoingMessage.Buttons(Phone, "x", [new("1", "a"), new("1", "b")]) },
        { "header has 61", () => OutgoingMessage.Buttons(Phone, "x", [new("1", "a")], new string('x', 61)) },
        { "footer has 61", () => OutgoingMessage.Buttons(Phone, "x", [new("1", "a")], null, new string('x', 61)) },
        { "text has 1025", () => OutgoingMessage.Buttons(Phone, new string('x', 1025), [new("1", "a")]) },
        { "list's button has 21", () => OutgoingMessage.List(Phone, "x", new string('x', 21), [new("s", [new("1", "a")])]) },
        { "one to ten rows", () => OutgoingMessage.List(Phone, "x", "x", []) },
        { "one to ten rows", () => OutgoingMessage.List(Phone, "x", "x", [new("s", [])]) },
        { "one to ten rows", () => OutgoingMessage.List(Phone, "x", "x", [new("s", [.. Enumerable.Range(0, 6).Select(i => new ListRow($"{i}", "a"))]), new("t", [.. Enumerable.Range(6, 5).Select(i => new ListRow($"{i}", "a"))])]) },
        { "section's title is missing", () => OutgoingMessage.List(Phone, "x", "x", [new(null, [new("1", "a")]), new("t", [new("2", "b")])]) },
        { "row's title has 25", () => OutgoingMessage.List(Phone, "x", "x", [new("s", [new("1", new string('x', 25))])]) },
        { "row's description has 73", () => OutgoingMessage.List(Phone, "x", "x", [new("s", [new("1", "a", new string('x', 73))])]) },
        { "Rows must differ", () => OutgoingMessage.List(Phone, "x", "x", [new("s", [new("1", "a"), new("1", "b")])]) },
        { "template's name", () => OutgoingMessage.Template(Phone, "", "en", []) },
        { "template's language", () => OutgoingMessage.Template(Phone, "x", "", []) },
        { "without values", () => TemplateComponent.Body([]) },
        { "value of first_name", () => TemplateParameter.Text("", "first_name") },
        { "ten buttons", () => TemplateComponent.QuickReply(10, "x") },
    };

    [Theory]
    [MemberData(nameof(Refusals))]
    public void What_Meta_would_refuse_is_refused_before(string part, Action make) =>
        Assert.Contains(part, Assert.ThrowsAny<ArgumentException>(make).Message, StringComparison.Ordinal);

    [Fact]
    public void Every_kind_has_the_frame_that_Meta_asks_for() => Assert.All(EveryKind, message =>
    {
        var json = JsonDocument.Parse(message.ToJson()).RootElement;
        Assert.Equal("whatsapp", json.GetProperty("messaging_product").GetString());
        Assert.Equal("individual", json.GetProperty("recipient_type").GetString());
        Assert.True(json.TryGetProperty("to", out _) != json.TryGetProperty("recipient", out _));
        Assert.Equal(JsonValueKind.Object, json.GetProperty(json.GetProperty("type").GetString()!).ValueKind);
    });

    [FixtureFact]
    public void Every_kind_satisfies_the_schema_of_Metas_messages()
    {
        var schema = JsonSchema.Parse(Fixtures.Read("schema", "messages-request.schema.json"));
        Assert.All(EveryKind, message => Assert.Empty(schema.Validate(JsonDocument.Parse(message.ToJson()).RootElement)));
    }

    [FixtureFact]
    public void The_schema_is_not_a_net_with_holes()
    {
        var schema = JsonSchema.Parse(Fixtures.Read("schema", "messages-request.schema.json"));
        Assert.All(
            new[]
            {
                "{}",
                """{"messaging_product":"whatsapp","type":"text","text":{"body":"x"}}""",
                """{"messaging_product":"whatsapp","to":"1","type":"text","text":{"body":""}}""",
                """{"messaging_product":"whatsapp","to":"1","type":"text","text":{"body":"x","more":1}}""",
                """{"messaging_product":"whatsapp","to":"1","type":"text","text":{"body":"x"},"more":1}""",
                """{"messaging_product":"telegram","to":"1","type":"text","text":{"body":"x"}}""",
                """{"messaging_product":"whatsapp","to":"1","type":"image","image":{"id":"1","link":"https://x"}}""",
                """{"messaging_product":"whatsapp","to":"1","type":"hologram"}""",
                """{"messaging_product":"whatsapp","to":"1","type":"template","template":{"name":"x","language":{"code":"en"},"components":[{"type":"button"}]}}""",
                """{"messaging_product":"whatsapp","to":"1","type":"interactive","interactive":{"type":"list","action":{"button":"x","sections":[]}}}""",
            },
            body => Assert.NotEmpty(schema.Validate(JsonDocument.Parse(body).RootElement)));
    }

    // What another validator of the whole standard says of them, too: an interactive type in capitals, and a text without a type.
    private static readonly string[] FaultyExamples = ["req-java-expected-message11.json", "req-java-expected-message12.json", "req-oa-send-text-message-with-preview-url.json"];

    public static TheoryData<string> RequestFixtures => Fixtures.Names("send", "req-");

    [FixtureTheory]
    [MemberData(nameof(RequestFixtures))]
    public void The_schema_is_checked_as_other_validators_check_it(string name)
    {
        var request = JsonDocument.Parse(Fixtures.Read("send", name)).RootElement;
        var schema = JsonSchema.Parse(Fixtures.Read("schema", request.TryGetProperty("status", out _) ? "mark-read-request.schema.json" : "messages-request.schema.json"));
        Assert.Equal(!FaultyExamples.Contains(name), schema.Validate(request).Count == 0);
    }

    private static string Json(OutgoingMessage message) => Encoding.UTF8.GetString(message.ToJson());
}
