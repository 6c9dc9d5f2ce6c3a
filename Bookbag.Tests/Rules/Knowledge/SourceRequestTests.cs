using Bookbag.Inbound.Knowledge;

namespace Bookbag.Tests.Rules.Knowledge;

public sealed class SourceRequestTests
{
    [Fact]
    public void A_pair_and_a_text_are_read_clean()
    {
        Assert.Equal(SourceContent.Pair("Open on Sunday?", "No.\nSorry."), new SourceRequest("qa", Question: " Open on\r\nSunday?\0 ", Answer: "No.\r\nSorry.\n").Read().Content);
        Assert.Equal(SourceContent.Pasted("Returns", "30 days 🙂"), new SourceRequest("text", Name: "Returns", Text: "30 days 🙂\ud83d").Read().Content);
    }

    [Theory]
    [InlineData(null, "source_type_missing")]
    [InlineData("", "source_type_missing")]
    [InlineData("website", "url_missing")]
    [InlineData("file", "file_missing")]
    [InlineData("QA", "source_type_unknown")]
    [InlineData("qa", "question_missing")]
    [InlineData("text", "name_missing")]
    public void What_is_missing_is_named(string? type, string code) => Assert.Equal(code, new SourceRequest(type).Read().Problem?.Code);

    [Fact]
    public void What_is_too_long_is_named_with_its_limit()
    {
        Assert.Equal(new SourceProblem("answer_too_long", "The answer has 4,001 characters; the most is 4,000."), new SourceRequest("qa", "a", new string('x', 4_001)).Read().Problem);
        Assert.Equal("question_too_long", new SourceRequest("qa", new string('x', 501), "a").Read().Problem?.Code);
        Assert.Equal("name_too_long", new SourceRequest("text", Name: new string('x', 201), Text: "a").Read().Problem?.Code);
        Assert.Equal("text_too_long", new SourceRequest("text", Name: "a", Text: new string('x', 200_001)).Read().Problem?.Code);
        Assert.Equal("answer_missing", new SourceRequest("qa", "a", " \0 ").Read().Problem?.Code);
    }
}
