using System.Text.Json;
using Bookbag.Outbound.Templates;
using FsCheck;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Templates;

public sealed class TemplateValidationTests
{
    private static readonly TemplateRequest Good = new("order_update", "utility", "en_US", "Hello {{1}}, your order {{2}} is on its way to you.", Examples: JsonElement.Parse("""["Ada","A-17"]"""));

    [Fact]
    public void A_good_template_has_no_problems() => Assert.Empty(TemplateValidation.Check(Good.ToDraft()));

    public static TheoryData<string, string> Broken => new()
    {
        { """{"name":"Order Update"}""", "name:name_invalid" },
        { """{"language":"xx"}""", "language:language_unknown" },
        { """{"category":"promo"}""", "category:category_unknown" },
        { """{"parameterFormat":"both"}""", "parameterFormat:parameter_format_unknown" },
        { """{"ttlSeconds":10}""", "ttlSeconds:ttl_invalid" },
        { """{"category":"marketing","ttlSeconds":60}""", "ttlSeconds:ttl_invalid" },
        { """{"body":""}""", "body:text_missing" },
        { """{"body":"{{1}} is what you ordered from us, dear {{2}} friend"}""", "body:variable_at_edge" },
        { """{"body":"What you ordered from us is dear {{1}} friend {{2}}"}""", "body:variable_at_edge" },
        { """{"body":"Your order of today {{1}} {{2}} is on its way"}""", "body:variables_adjacent" },
        { """{"body":"Your {{1}} order {{3}} is on its way to you"}""", "body:variables_not_consecutive" },
        { """{"body":"Your order {{1} is on its way to you"}""", "body:braces_unbalanced" },
        { """{"body":"Your order {{#1}} is on its way to you","parameterFormat":"positional"}""", "body:variable_invalid" },
        { """{"body":"Your order {{Order}} is on its way","examples":{"Order":"1"}}""", "body:variable_invalid" },
        { """{"body":"Your {{order}} order {{order}} is here now","examples":{"order":"1"}}""", "body:variable_twice" },
        { """{"body":"Hi {{1}} you {{2}}!","examples":["a","b"]}""", "body:too_many_variables" },
        { """{"examples":["Ada"]}""", "examples.2:example_missing" },
        { """{"body":"Your order {{number}} is on its way","examples":{}}""", "examples.number:example_missing" },
        { """{"header":{"type":"text","text":"A header of more than sixty characters is one that is too long"}}""", "header.text:text_too_long" },
        { """{"header":{"type":"text","text":"Order *now*"}}""", "header.text:text_formatted" },
        { """{"header":{"type":"text","text":"From {{1}} to {{2}} now"},"examples":{"1":"a","2":"b","header.1":"x","header.2":"y"}}""", "header.text:too_many_variables" },
        { """{"header":{"type":"text","text":"News for {{1}}"}}""", "examples.header.1:example_missing" },
        { """{"header":{"type":"image"}}""", "header.handle:example_missing" },
        { """{"header":{"type":"gif"}}""", "header.type:header_unsupported" },
        { """{"header":{"type":"hologram"}}""", "header.type:header_unknown" },
        { """{"footer":"For {{1}}"}""", "footer:variable_not_allowed" },
        { """{"footer":"A footer of more than sixty characters is a footer that is too long"}""", "footer:text_too_long" },
        { """{"buttons":[]}""", "buttons:buttons_count" },
        { """{"buttons":[{"type":"quick_reply","text":"a"},{"type":"url","text":"b","url":"https://x.example"},{"type":"quick_reply","text":"c"}]}""", "buttons:buttons_interleaved" },
        { """{"buttons":[{"type":"url","text":"a","url":"https://x.example"},{"type":"url","text":"b","url":"https://x.example"},{"type":"url","text":"c","url":"https://x.example"}]}""", "buttons:buttons_of_kind" },
        { """{"buttons":[{"type":"phone","text":"a","phone":"+491"},{"type":"phone","text":"b","phone":"+492"}]}""", "buttons:buttons_of_kind" },
        { """{"buttons":[{"type":"quick_reply","text":"A label of more than twenty-five"}]}""", "buttons[0].text:label_too_long" },
        { """{"buttons":[{"type":"quick_reply"}]}""", "buttons[0].text:label_missing" },
        { """{"buttons":[{"type":"url","text":"Go","url":"https://x.example/{{1}}/more","example":"https://x.example/1/more"}]}""", "buttons[0].url:variable_not_at_end" },
        { """{"buttons":[{"type":"url","text":"Go","url":"https://x.example/{{1}}"}]}""", "buttons[0].example:example_missing" },
        { """{"buttons":[{"type":"url","text":"Go","url":"x.example"}]}""", "buttons[0].url:url_invalid" },
        { """{"buttons":[{"type":"phone","text":"Call","phone":"call me"}]}""", "buttons[0].phone:phone_invalid" },
        { """{"buttons":[{"type":"copy_code"}]}""", "buttons[0].example:example_missing" },
        { """{"buttons":[{"type":"lever","text":"Pull"}]}""", "buttons[0].type:button_unknown" },
        { """{"buttons":[{"type":"otp"}]}""", "buttons[0].type:button_not_allowed" },
        { """{"category":"authentication","body":null}""", "buttons:otp_button_missing" },
        { """{"category":"authentication","body":"My own text","buttons":[{"type":"otp"}]}""", "body:body_fixed" },
        { """{"category":"authentication","body":null,"codeExpirationMinutes":91,"buttons":[{"type":"otp"}]}""", "codeExpirationMinutes:expiration_invalid" },
        { """{"category":"authentication","body":null,"header":{"type":"text","text":"Hi"},"buttons":[{"type":"otp"}]}""", "header:header_not_allowed" },
        { """{"components":[{"type":"FOOTER","text":"x"}]}""", "body:body_missing" },
        { """{"components":[{"type":"BODY","text":"Hello there"},{"type":"BODY","text":"Hello again"}]}""", "body:component_twice" },
        { """{"components":[{"type":"BODY","text":"Hello there"},{"type":"SIDEBAR"}]}""", "components:component_unknown" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void What_Meta_would_refuse_is_told_with_its_field(string change, string problem)
    {
        var request = System.Text.Json.Nodes.JsonNode.Parse(JsonSerializer.Serialize(Good, JsonSerializerOptions.Web))!.AsObject();
        foreach (var (name, value) in System.Text.Json.Nodes.JsonNode.Parse(change)!.AsObject())
            request[name] = value?.DeepClone();
        var draft = request.Deserialize<TemplateRequest>(JsonSerializerOptions.Web)!.ToDraft();
        Assert.Contains(problem, TemplateValidation.Check(draft).Select(found => $"{found.Field}:{found.Code}"));
    }

    [Fact]
    public void An_authentication_template_needs_no_text() => Assert.Empty(TemplateValidation.Check(
        new TemplateRequest("login_code", "authentication", "en", AddSecurityRecommendation: true, CodeExpirationMinutes: 10, Buttons: [new("otp", OtpType: "copy_code")]).ToDraft()));

    [Fact]
    public void Exactly_the_limits_are_allowed() => Assert.Empty(TemplateValidation.Check(
        new TemplateRequest(new string('a', 512), "MARKETING", "pt-BR", new string('x', 1_024), new("text", new string('h', 60)), new string('f', 60),
            [.. Enumerable.Range(0, 6).Select(i => new TemplateButtonRequest("quick_reply", new string('b', 24) + i)), new("url", "a", "https://x.example"), new("url", "b", "https://x.example/{{1}}", Example: "https://x.example/1"),
                new("phone_number", "c", Phone: "+12345678901234567"), new("copy_code", Example: "12345678901234567890")]).ToDraft()));

    [Property]
    public void Whatever_is_written_is_checked_and_never_breaks(string? name, string? body, string? header, string? label, string? url)
    {
        var draft = new TemplateRequest(name ?? "", body ?? "", header ?? "", body, new TemplateHeaderRequest(label ?? "text", header), url, [new(label ?? "url", label, url, body, header)]).ToDraft();
        Assert.NotNull(TemplateValidation.Check(draft));
        Assert.NotNull(TemplatePreview.Of(TemplateDefinition.Read(draft.Components, draft.ParameterFormat, draft.Category), null));
    }

    [Fact]
    public void Templates_that_Meta_shows_as_examples_are_read()
    {
        if (Environment.GetEnvironmentVariable("BOOKBAG_FIXTURES") is not { Length: > 0 } root)
            return;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "templates"), "create-*.json"))
        {
            var json = JsonElement.Parse(File.ReadAllText(file));
            var components = json.GetProperty("components");
            var draft = new TemplateDraft(
                json.GetProperty("name").GetString()!, TemplateLanguages.Normalize(json.TryGetProperty("language", out var language) ? language.GetString()! : "en"),
                json.GetProperty("category").GetString()!.ToUpperInvariant(), json.TryGetProperty("parameter_format", out var format) ? format.GetString()!.ToLowerInvariant() : "positional", components);
            Assert.NotNull(TemplateValidation.Check(draft));
            Assert.NotNull(TemplatePreview.Of(TemplateDefinition.Read(components, draft.ParameterFormat, draft.Category), null));
        }
    }
}
