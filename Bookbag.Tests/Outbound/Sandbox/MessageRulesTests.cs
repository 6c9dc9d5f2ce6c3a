using System.Text.Json;
using Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>What Meta takes and what it refuses, over HTTP.</summary>
public sealed class MessageRulesTests(SharedSandbox shared) : IClassFixture<SharedSandbox>
{
    private readonly SandboxDriver _sandbox = shared.Driver;

    [Theory]
    [InlineData(""" "text":{"body":"hi"} """)]
    [InlineData(""" "recipient_type":"individual","type":"text","text":{"body":"hi","preview_url":true},"context":{"message_id":"wamid.x"} """)]
    [InlineData(""" "type":"image","image":{"link":"https://x/y.jpg","caption":"c"} """)]
    [InlineData(""" "type":"audio","audio":{"id":"FILE"} """)]
    [InlineData(""" "type":"document","document":{"id":"FILE","filename":"a.pdf","caption":"c"} """)]
    [InlineData(""" "type":"sticker","sticker":{"id":"FILE"} """)]
    [InlineData(""" "type":"location","location":{"latitude":1.5,"longitude":"-2.5","name":"n"} """)]
    [InlineData(""" "type":"contacts","contacts":[{"name":{"formatted_name":"A B","first_name":"A"}}] """)]
    [InlineData(""" "type":"reaction","reaction":{"message_id":"wamid.x","emoji":""} """)]
    [InlineData(""" "type":"interactive","interactive":{"type":"BUTTON","body":{"text":"b"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"Yes"}}]}} """)]
    [InlineData(""" "type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"Open","sections":[{"rows":[{"id":"1","title":"One"}]}]}} """)]
    [InlineData(""" "type":"interactive","interactive":{"type":"cta_url","body":{"text":"b"},"action":{"name":"cta_url","parameters":{"display_text":"Go","url":"https://x"}}} """)]
    [InlineData(""" "type":"interactive","interactive":{"type":"location_request_message","body":{"text":"b"},"action":{"name":"send_location"}} """)]
    [InlineData(""" "type":"interactive","interactive":{"type":"catalog_message","body":{"text":"b"},"action":{"name":"catalog_message"}} """)]
    [InlineData(""" "type":"template","template":{"name":"hello_world","language":{"code":"en_US"}} """)]
    public async Task Takes(string members)
    {
        var answer = await _sandbox.PostAsync(Body(members.Replace("FILE", await _sandbox.UploadAsync(), StringComparison.Ordinal)));
        Assert.Equal(200, answer.Status);
        Assert.StartsWith("wamid.", answer.Wamid, StringComparison.Ordinal);
        Assert.Equal("whatsapp", answer.Json.GetProperty("messaging_product").GetString());
        Assert.Equal($$"""[{"input":"+{{SandboxDriver.Customer}}","wa_id":"{{SandboxDriver.Customer}}"}]""", answer.Json.GetProperty("contacts").GetRawText());
    }

    [Theory]
    [InlineData("audio['id']", """ "type":"audio","audio":{"id":"404"} """)]
    [InlineData("template['components'][0]['parameters'][0]['image']['id']", """ "type":"template","template":{"name":"picture","language":{"code":"en"},"components":[{"type":"header","parameters":[{"type":"image","image":{"id":"404"}}]}]} """)]
    public async Task Refuses_a_file_that_was_never_uploaded(string place, string members)
    {
        _sandbox.Control.Learn(new SandboxTemplate { Name = "picture", Language = "en", HeaderParameters = new() { Media = "image" } });
        var answer = await _sandbox.PostAsync(Body(members));
        Assert.Equal((100, 400), (answer.Code, answer.Status));
        Assert.Contains($"Param {place} is not a valid whatsapp business account media attachment ID", answer.Json.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(131051, """ "type":"poll","poll":{} """)]
    [InlineData(131008, """ "type":"text" """)]
    [InlineData(131008, """ "type":"text","text":{} """)]
    [InlineData(131008, """ "type":"text","text":{"body":""} """)]
    [InlineData(131008, """ "type":"image","image":{"caption":"c"} """)]
    [InlineData(100, """ "type":"image","image":{"id":"1","link":"https://x"} """)]
    [InlineData(100, """ "type":"audio","audio":{"id":"1","caption":"c"} """)]
    [InlineData(131008, """ "type":"location","location":{"latitude":1} """)]
    [InlineData(131009, """ "type":"location","location":{"latitude":91,"longitude":0} """)]
    [InlineData(100, """ "type":"contacts","contacts":[] """)]
    [InlineData(131008, """ "type":"contacts","contacts":[{"phones":[]}] """)]
    [InlineData(131008, """ "type":"reaction","reaction":{"emoji":"x"} """)]
    [InlineData(131008, """ "type":"reaction","reaction":{"message_id":"wamid.x"} """)]
    [InlineData(131008, """ "type":"interactive","interactive":{"type":"button"} """)]
    [InlineData(131008, """ "type":"interactive","interactive":{"type":"button","action":{"buttons":[]}} """)]
    [InlineData(131009, """ "type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[]}} """)]
    [InlineData(131009, """ "type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"a"}},{"type":"reply","reply":{"id":"2","title":"a"}}]}} """)]
    [InlineData(100, """ "type":"interactive","interactive":{"type":"button","body":{"text":"b"},"action":{"buttons":[{"type":"reply","reply":{"id":"1","title":"123456789012345678901"}}]}} """)]
    [InlineData(131009, """ "type":"interactive","interactive":{"type":"list","header":{"type":"image","image":{"id":"1"}},"body":{"text":"b"},"action":{"button":"Open","sections":[{"rows":[{"id":"1","title":"One"}]}]}} """)]
    [InlineData(131009, """ "type":"interactive","interactive":{"type":"location_request_message","body":{"text":"b"},"action":{"name":"x"}} """)]
    [InlineData(100, """ "type":"interactive","interactive":{"type":"quiz","body":{"text":"b"},"action":{}} """)]
    [InlineData(131008, """ "type":"template","template":{"name":"hello_world"} """)]
    [InlineData(132001, """ "type":"template","template":{"name":"nobody_knows","language":{"code":"en_US"}} """)]
    [InlineData(132001, """ "type":"template","template":{"name":"hello_world","language":{"code":"de"}} """)]
    [InlineData(132000, """ "type":"template","template":{"name":"hello_world","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"x"}]}]} """)]
    [InlineData(132018, """ "type":"template","template":{"name":"hello_world","language":{"code":"en_US"},"components":[{"type":"body","parameters":[{"type":"text","text":"a\nb"}]}]} """)]
    [InlineData(131008, """ "type":"template","template":{"name":"hello_world","language":{"code":"en_US"},"components":[{"type":"button","parameters":[]}]} """)]
    [InlineData(131008, """ "text":{"body":"hi"},"context":{} """)]
    [InlineData(100, """ "text":{"body":"hi"},"recipient_type":"group" """)]
    [InlineData(100, """ "text":{"body":"hi"},"biz_opaque_callback_data":7 """)]
    public async Task Refuses(int code, string members)
    {
        var answer = await _sandbox.PostAsync(Body(members));
        Assert.Equal((code, code == 132001 ? 404 : 400), (answer.Code, answer.Status));
    }

    [Theory]
    [InlineData(100, "{}")]
    [InlineData(100, "not json")]
    [InlineData(100, "[]")]
    [InlineData(100, """{"messaging_product":"telegram","to":"15551234567","text":{"body":"hi"}}""")]
    [InlineData(100, """{"messaging_product":"whatsapp","text":{"body":"hi"}}""")]
    [InlineData(131009, """{"messaging_product":"whatsapp","to":"the customer","text":{"body":"hi"}}""")]
    [InlineData(131009, """{"messaging_product":"whatsapp","to":"1234567890123456","text":{"body":"hi"}}""")]
    [InlineData(131021, """{"messaging_product":"whatsapp","to":"+1 555 010 0001","text":{"body":"hi"}}""")]
    [InlineData(131026, """{"messaging_product":"whatsapp","recipient":"US.404","text":{"body":"hi"}}""")]
    public async Task Refuses_the_frame(int code, string body) => Assert.Equal(code, (await _sandbox.PostAsync(body)).Code);

    [Theory]
    [InlineData(4096, 200)]
    [InlineData(4097, 400)]
    public async Task A_text_has_up_to_4096_characters(int length, int status)
    {
        Assert.Equal(status, (await _sandbox.SendTextAsync(text: new string('x', length))).Status);
        // Characters, not UTF-16 units.
        Assert.Equal(status, (await _sandbox.SendTextAsync(text: string.Concat(Enumerable.Repeat("😀", length)))).Status);
    }

    [Theory]
    [InlineData(512, 200)]
    [InlineData(513, 400)]
    public async Task Opaque_data_has_up_to_512_characters(int length, int status) =>
        Assert.Equal(status, (await _sandbox.SendTextAsync(opaque: new string('x', length))).Status);

    [Theory]
    [InlineData(10, 200)]
    [InlineData(11, 400)]
    public async Task A_list_has_up_to_ten_rows_over_all_sections(int rows, int status)
    {
        var all = Enumerable.Range(0, rows).Select(i => new { id = $"{i}", title = $"Row {i}" }).ToArray();
        var sections = JsonSerializer.Serialize(new[] { new { title = "First", rows = all[..5] }, new { title = "Second", rows = all[5..] } });
        var answer = await _sandbox.PostAsync(Body($$$""" "type":"interactive","interactive":{"type":"list","body":{"text":"b"},"action":{"button":"Open","sections":{{{sections}}}}} """));
        Assert.Equal(status, answer.Status);
    }

    [Fact]
    public async Task The_phone_number_wins_over_the_user_id()
    {
        var answer = await _sandbox.PostAsync(Body(""" "recipient":"US.404","text":{"body":"hi"} """));
        Assert.Equal(200, answer.Status);
    }

    [Fact]
    public async Task A_customer_can_be_reached_by_user_id()
    {
        var userId = _sandbox.Control.Conversation(SandboxDriver.Customer)!.UserId;
        var answer = await _sandbox.PostAsync($$$"""{"messaging_product":"whatsapp","recipient":"{{{userId}}}","text":{"body":"hi"}}""");
        Assert.Equal($$"""[{"input":"{{userId}}","user_id":"{{userId}}"}]""", answer.Json.GetProperty("contacts").GetRawText());
    }

    [Theory]
    [InlineData("""[{"type":"header","parameters":[{"type":"image","image":{"id":"FILE"}}]},{"type":"body","parameters":[{"type":"text","parameter_name":"day","text":"Monday"},{"type":"text","parameter_name":"name","text":"Ada"}]}]""", 0)]
    [InlineData("""[{"type":"body","parameters":[{"type":"text","parameter_name":"day","text":"Monday"},{"type":"text","parameter_name":"name","text":"Ada"}]}]""", 132000)]
    [InlineData("""[{"type":"header","parameters":[{"type":"video","video":{"id":"1"}}]},{"type":"body","parameters":[{"type":"text","parameter_name":"day","text":"Monday"},{"type":"text","parameter_name":"name","text":"Ada"}]}]""", 132012)]
    [InlineData("""[{"type":"header","parameters":[{"type":"image","image":{"id":"1"}}]},{"type":"body","parameters":[{"type":"text","text":"Monday"},{"type":"text","text":"Ada"}]}]""", 132012)]
    public async Task A_template_message_must_fit_its_template(string components, int code)
    {
        _sandbox.Control.Learn(new SandboxTemplate
        {
            Name = "visit",
            Language = "en",
            HeaderParameters = new() { Media = "image" },
            BodyParameters = new() { Names = ["name", "day"] },
        });
        var answer = await _sandbox.SendTemplateAsync(SandboxDriver.Customer, "visit", "en", components.Replace("FILE", await _sandbox.UploadAsync(), StringComparison.Ordinal));
        Assert.Equal(code, answer.Status == 200 ? 0 : answer.Code);
        if (code == 0)
            Assert.Equal("accepted", answer.Json.GetProperty("messages")[0].GetProperty("message_status").GetString());
    }

    [Theory]
    [InlineData("PAUSED", 132015)]
    [InlineData("DISABLED", 132016)]
    [InlineData("PENDING", 132001)]
    public async Task Only_an_approved_template_can_be_sent(string status, int code)
    {
        _sandbox.Control.Learn(new SandboxTemplate { Name = "held_back", Language = "en", Status = status });
        Assert.Equal(code, (await _sandbox.SendTemplateAsync(SandboxDriver.Customer, "held_back", "en")).Code);
    }

    [Fact]
    public async Task A_refusal_has_the_shape_of_Graphs()
    {
        var error = (await _sandbox.PostAsync(Body(""" "type":"text","text":{"body":""} """))).Json.GetProperty("error");
        Assert.Equal(["message", "type", "code", "error_data", "fbtrace_id"], error.EnumerateObject().Select(m => m.Name));
        Assert.Equal("(#131008) Required parameter is missing", error.GetProperty("message").GetString());
        Assert.Equal("OAuthException", error.GetProperty("type").GetString());
        Assert.Equal("""{"messaging_product":"whatsapp","details":"text['body'] is required"}""", error.GetProperty("error_data").GetRawText());
    }

    private static string Body(string members) => $$"""{"messaging_product":"whatsapp","to":"+{{SandboxDriver.Customer}}",{{members}}}""";
}
