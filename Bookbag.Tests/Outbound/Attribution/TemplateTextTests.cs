using System.Text.Json;
using Bookbag.Outbound.Templates;
using Bookbag.Tests.Support;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Tests.Outbound.Attribution;

/// <summary>The text of a template as the thread shows it is what was sent: SQL renders as the sender does.</summary>
public sealed class TemplateTextTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Theory]
    [InlineData("Hello {{1}}, come by.", """{"1":"Ann"}""")]
    [InlineData("{{1}}{{2}} and {{1}} again {{3}}", """{"1":"{{2}}","2":"$1 \\1"}""")]
    [InlineData("Braces } { {{}} {{ 1 }} {{{1}}", """{"1":"x"," 1 ":"y","":"z"}""")]
    [InlineData("{{1}} tidy", """{"1":"  a\n\r\n\tb        c \u2028 d  "}""")]
    [InlineData("No variables", "{}")]
    public async Task A_body_is_rendered_as_the_sender_does(string body, string parameters)
    {
        var components = JsonSerializer.SerializeToElement(new[] { new { type = "BODY", text = body } });
        var definition = TemplateDefinition.Read(components, "positional", "MARKETING");
        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(parameters)!;
        Assert.Equal(TemplateMessage.Render(definition, values), await TextAsync(components.GetRawText(), named: false, "MARKETING", parameters));
    }

    [Fact]
    public async Task A_text_header_stands_above_and_a_password_is_not_shown()
    {
        const string Components = """[{"type":"BODY","text":"Hi {{1}}"},{"type":"HEADER","format":"TEXT","text":"Sale, {{1}}"},{"type":"FOOTER","text":"Bye"}]""";
        Assert.Equal("Sale, today\nHi Ann", await TextAsync(Components, named: false, "MARKETING", """{"1":"Ann","header.1":"today"}"""));
        Assert.Equal("Sale, Ann\nHi Ann", await TextAsync(Components, named: true, "MARKETING", """{"1":"Ann"}"""));
        Assert.Equal("Hi Ann", await TextAsync("""[{"type":"header","format":"IMAGE"},{"type":"body","text":"Hi {{1}}"}]""", named: false, "utility", """{"1":"Ann","header":"https://x"}"""));
        Assert.Equal("(one-time password)", await TextAsync(Components, named: false, "AUTHENTICATION", """{"1":"123456"}"""));
    }

    private async Task<string?> TextAsync(string components, bool named, string category, string parameters)
    {
        await using var command = database.DataSource.CreateCommand("SELECT outbound.template_text(@components, @named, @category, @parameters)");
        command.Parameters.Add(new NpgsqlParameter("components", NpgsqlDbType.Jsonb) { Value = components });
        command.Parameters.AddWithValue("named", named);
        command.Parameters.AddWithValue("category", category);
        command.Parameters.Add(new NpgsqlParameter("parameters", NpgsqlDbType.Jsonb) { Value = parameters });
        return (string?)await command.ExecuteScalarAsync();
    }
}
