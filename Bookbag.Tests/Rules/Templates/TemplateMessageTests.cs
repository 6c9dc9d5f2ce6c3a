using System.Text.Json;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.WhatsApp;
using FsCheck;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Templates;

public sealed class TemplateMessageTests
{
    private static readonly CustomerAddress To = new("15550000001", null);

    [Fact]
    public void Positions_are_sent_in_their_order_with_header_and_buttons()
    {
        var template = Read("""
            [{"type":"HEADER","format":"TEXT","text":"For {{1}}"},{"type":"BODY","text":"Take {{2}} before {{1}} ends"},
             {"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Stop"},{"type":"URL","text":"Go","url":"https://x.example/{{1}}"},{"type":"PHONE_NUMBER","text":"Call","phone_number":"+1"},{"type":"COPY_CODE","example":"A"}]}]
            """);
        Assert.Equal(["header.1", "2", "1", "button.1", "button.3"], template.Variables.Select(v => v.Key));
        var built = TemplateMessage.Build(template, Values("header.1=Ada", "1=today", "2=this", "button.1=o-1", "button.3=SAVE"), place => $"token-{place}");
        Assert.Equal("""
            [{"type":"header","parameters":[{"type":"text","text":"Ada"}]},{"type":"body","parameters":[{"type":"text","text":"today"},{"type":"text","text":"this"}]},{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"token-0"}]},{"type":"button","sub_type":"url","index":"1","parameters":[{"type":"text","text":"o-1"}]},{"type":"button","sub_type":"copy_code","index":"3","parameters":[{"type":"coupon_code","coupon_code":"SAVE"}]}]
            """, Json(built));
    }

    [Fact]
    public void Named_variables_carry_their_names_and_one_name_is_one_variable()
    {
        var template = Read("""[{"type":"HEADER","format":"TEXT","text":"For {{name}}"},{"type":"BODY","text":"Hello {{name}}, order {{order_id}} is here"}]""", "named");
        Assert.Equal(["name", "order_id"], template.Variables.Select(v => v.Key));
        Assert.Equal("""
            [{"type":"header","parameters":[{"type":"text","parameter_name":"name","text":"Ada"}]},{"type":"body","parameters":[{"type":"text","parameter_name":"name","text":"Ada"},{"type":"text","parameter_name":"order_id","text":"7"}]}]
            """, Json(TemplateMessage.Build(template, Values("name=Ada", "order_id=7"))));
    }

    [Theory]
    [InlineData("IMAGE", "https://x.example/a.png", """{"type":"image","image":{"link":"https://x.example/a.png"}}""")]
    [InlineData("VIDEO", "12345", """{"type":"video","video":{"id":"12345"}}""")]
    [InlineData("DOCUMENT", "https://x.example/my%20bill.pdf", """{"type":"document","document":{"link":"https://x.example/my%20bill.pdf","filename":"my bill.pdf"}}""")]
    [InlineData("LOCATION", "52.5,13.4|Shop|Street 1", """{"type":"location","location":{"latitude":52.5,"longitude":13.4,"name":"Shop","address":"Street 1"}}""")]
    public void A_header_with_a_file_takes_one_value_though_it_shows_no_variable(string format, string value, string parameter)
    {
        var template = Read($$"""[{"type":"HEADER","format":"{{format}}"},{"type":"BODY","text":"Look at this"}]""");
        Assert.Equal($$"""[{"type":"header","parameters":[{{parameter}}]}]""", Json(TemplateMessage.Build(template, Values($"header={value}"))));
        Assert.Equal("header", Assert.Single(TemplateMessage.Build(template, Values("header=nonsense")).Problems).Key);
    }

    [Fact]
    public void The_password_goes_into_body_and_button()
    {
        var template = TemplateDefinition.Read(JsonElement.Parse("""[{"type":"BODY"},{"type":"BUTTONS","buttons":[{"type":"OTP","otp_type":"COPY_CODE"}]}]"""), "positional", "AUTHENTICATION");
        Assert.Equal("""
            [{"type":"body","parameters":[{"type":"text","text":"123456"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"123456"}]}]
            """, Json(TemplateMessage.Build(template, Values("1=123456"))));
        Assert.False(TemplateMessage.Build(template, Values("1=1234567890123456")).IsSendable);
    }

    [Fact]
    public void A_template_without_variables_sends_no_components() => Assert.Empty(TemplateMessage.Build(Read("""[{"type":"BODY","text":"Hello there"}]"""), Values()).Components);

    [Fact]
    public void What_has_no_value_or_gets_too_long_is_told()
    {
        var template = Read("""[{"type":"BODY","text":"Hello {{1}}, hello {{2}} again"}]""");
        Assert.Equal(["1", "2"], TemplateMessage.Build(template, Values("1= \t\n")).Problems.Select(p => p.Key));
        Assert.Equal("body", Assert.Single(TemplateMessage.Build(template, Values($"1={new string('x', 600)}", $"2={new string('y', 600)}")).Problems).Key);
    }

    [Property]
    public void Whatever_the_values_are_what_is_sent_is_what_Meta_takes(NonNull<string> first, NonNull<string> second)
    {
        var template = Read("""[{"type":"BODY","text":"Hello {{1}}, your order {{2}} is here"}]""");
        var built = TemplateMessage.Build(template, new Dictionary<string, string> { ["1"] = first.Get, ["2"] = second.Get });
        if (!built.IsSendable)
            return;
        var sent = JsonElement.Parse(Json(built))[0].GetProperty("parameters").EnumerateArray().Select(p => p.GetProperty("text").GetString()!).ToList();
        Assert.Equal(2, sent.Count);
        Assert.All(sent, text =>
        {
            Assert.False(text.AsSpan().ContainsAny("\r\n\t"));
            Assert.DoesNotContain("     ", text, StringComparison.Ordinal);
            Assert.NotEqual("", text.Trim());
        });
    }

    [Fact]
    public void A_preview_shows_values_then_examples_then_the_variable_itself()
    {
        var template = Read("""
            [{"type":"HEADER","format":"TEXT","text":"For {{1}}","example":{"header_text":["you"]}},{"type":"BODY","text":"Hello {{1}}, {{2}} and {{3}} are here","example":{"body_text":[["Ada","tea"]]}},
             {"type":"FOOTER","text":"Bye"},{"type":"BUTTONS","buttons":[{"type":"URL","text":"Go","url":"https://x.example/{{1}}","example":["https://x.example/77"]}]}]
            """);
        var preview = TemplatePreview.Of(template, Values("1=Grace"));
        Assert.Equal(("For you", "Hello Grace, tea and {{3}} are here", "Bye", "https://x.example/77"), (preview.Header!.Text, preview.Body, preview.Footer, preview.Buttons[0].Url));
        Assert.Equal(["3"], preview.Missing);
    }

    private static TemplateDefinition Read(string components, string format = "positional") => TemplateDefinition.Read(JsonElement.Parse(components), format, "MARKETING");

    private static Dictionary<string, string> Values(params string[] values) => values.ToDictionary(v => v.Split('=', 2)[0], v => v.Split('=', 2)[1]);

    private static string Json(TemplateMessage.Built built)
    {
        Assert.Empty(built.Problems);
        var message = OutgoingMessage.Template(To, "x", "en", built.Components);
        return JsonElement.Parse(message.ToJson()).GetProperty("template").GetProperty("components").GetRawText();
    }
}
