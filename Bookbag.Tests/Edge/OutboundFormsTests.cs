using System.Text.Json;
using Bookbag.Edge.Clients;
using Bookbag.Edge.Console.Outbound;

namespace Bookbag.Tests.Edge;

public sealed class OutboundFormsTests
{
    private static readonly ContactAttribute[] Attributes = [new("orders", "number"), new("town", "text"), new("vip", "boolean"), new("since", "date")];

    [Theory]
    [InlineData("""{"all":[]}""")]
    [InlineData("""{"all":[{"tag":"vip","op":"is_not"}]}""")]
    [InlineData("""{"any":[{"optIn":"opted_in"},{"field":"name","op":"contains","value":"Ana"}]}""")]
    [InlineData("""{"all":[{"field":"language","op":"any_of","value":["de","en"]},{"attribute":"orders","op":"at_least","value":3}]}""")]
    [InlineData("""{"all":[{"attribute":"vip","op":"is","value":true},{"field":"createdAt","op":"at_least","value":"2026-11-01"},{"field":"email","op":"missing"}]}""")]
    [InlineData("""{"all":[{"attribute":"since","op":"less_than","value":"2026-11-01"}]}""")]
    [InlineData("""{"all":[{"any":[{"tag":"a"},{"tag":"b"}]}]}""")]
    public void A_filter_that_is_opened_and_kept_is_the_same(string filter)
    {
        var draft = AudienceDraft.Of(JsonElement.Parse(filter));

        Assert.True(draft.IsComplete);
        Assert.Equal(filter, draft.ToFilter().ToJsonString());
    }

    [Fact]
    public void A_condition_that_says_nothing_is_not_complete_and_a_number_is_one()
    {
        var condition = new AudienceCondition();
        condition.Ask("attribute:orders", Attributes);
        Assert.False(condition.IsComplete);
        condition.Value = "many";
        Assert.False(condition.IsComplete);
        condition.Value = "3";
        Assert.Equal("""{"attribute":"orders","op":"is","value":3}""", condition.ToJson().ToJsonString());
    }

    [Theory]
    [InlineData("*bold* and _so_ ~on~", "<strong>bold</strong> and <em>so</em> <s>on</s>")]
    [InlineData("3*4*5 snake_case_name ~5", "3*4*5 snake_case_name ~5")]
    [InlineData("<b>*x*</b>", "&lt;b&gt;<strong>x</strong>&lt;/b&gt;")]
    [InlineData("* not * this", "* not * this")]
    public void Marks_are_shown_and_markup_is_not(string text, string shown) => Assert.Equal(shown, WhatsAppText.Show(text).Value);

    [Theory]
    [InlineData(0, 0, "0%")]
    [InlineData(1, 1_000, "< 1%")]
    [InlineData(999, 1_000, "99%")]
    [InlineData(1_000, 1_000, "100%")]
    public void A_share_says_all_of_all_only(long part, long whole, string words) => Assert.Equal(words, Words.Share(part, whole));

    [Fact]
    public void A_template_that_Meta_knows_is_opened_as_it_was_written()
    {
        var components = JsonElement.Parse("""
            [{"type":"HEADER","format":"TEXT","text":"News for {{1}}","example":{"header_text":["Ana"]}},
             {"type":"BODY","text":"Order {{1}} of {{2}} is here.","example":{"body_text":[["A-17","Monday"]]}},
             {"type":"FOOTER","text":"Reply STOP"},
             {"type":"BUTTONS","buttons":[{"type":"URL","text":"Track","url":"https://example.com/{{1}}","example":["https://example.com/a17"]},{"type":"QUICK_REPLY","text":"Thanks"}]}]
            """);
        var item = new TemplateItem(
            Guid.Empty, "order_here", "en", "UTILITY", "APPROVED", default, null, "positional", "", components, [], null, null, null, null, null, null, default);

        Assert.True(TemplateForm.CanWrite(item));
        var draft = TemplateForm.Of(item).ToDraft();

        Assert.Equal(("order_here", "utility", "en", "Order {{1}} of {{2}} is here.", "Reply STOP"), (draft.Name, draft.Category, draft.Language, draft.Body, draft.Footer));
        Assert.Equal(new TemplateHeader("text", "News for {{1}}"), draft.Header);
        Assert.Equal([new TemplateButton("url", "Track", "https://example.com/{{1}}", null, "https://example.com/a17"), new TemplateButton("quick_reply", "Thanks")], draft.Buttons);
        Assert.Equal(new Dictionary<string, string> { ["header.1"] = "Ana", ["1"] = "A-17", ["2"] = "Monday" }, draft.Examples);
    }

    [Fact]
    public void A_campaign_takes_values_from_contacts_and_keeps_what_was_said_when_the_template_changes()
    {
        TemplateItem Template(params string[] keys) => new(
            Guid.Empty, "news", "en", "MARKETING", "APPROVED", default, null, "positional", "", default, [.. keys.Select(k => new TemplateVariable(k, "body", null, "text", null))],
            null, null, null, null, null, null, default);
        var form = new CampaignForm { Name = " Spring " };
        form.Choose(Template("1", "2"));
        Assert.Contains("{{2}}", form.Missing(1), StringComparison.Ordinal);
        form.Variables["2"].Text = "Friday";
        form.Choose(Template("1", "2", "3"));
        form.Variables["3"].Source = "attribute:town";

        Assert.Null(form.Missing(1));
        var draft = form.ToDraft();
        Assert.Equal("Spring", draft.Name);
        Assert.Equal(
            new Dictionary<string, VariableValue> { ["1"] = new(Field: "first_name", Fallback: "there"), ["2"] = new(Value: "Friday"), ["3"] = new(Attribute: "town") }, draft.Variables);
    }
}
