using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Answering;

/// <summary>The floor under the quality of answers; <c>bench retrieval</c> prints the numbers.</summary>
public sealed class LabelledSetTests(TestDatabase database, Xunit.Abstractions.ITestOutputHelper output) : IClassFixture<TestDatabase>
{
    [Fact]
    public async Task Answers_are_as_good_as_they_were()
    {
        var verdicts = await LabelledSet.JudgeAsync(database);
        foreach (var verdict in verdicts.Where(v => !v.Business.IsHeldOut && (v.Answered ? !v.Right : v.Question.Kind != QuestionKind.None)))
            output.WriteLine($"{verdict.Business.Name} {verdict.Question.Kind} {verdict.Score:0.00} rank {verdict.Rank} {(verdict.Answered ? "wrong" : "not answered")}: {verdict.Question.Text}");

        var all = Quality.Of(verdicts);
        var heldOut = Quality.Of([.. verdicts.Where(v => v.Business.IsHeldOut)]);
        output.WriteLine($"{all}\nheld out {heldOut}");
        Assert.True(all.Questions >= 190, $"{all}");
        Assert.True(all.RecallAt3 >= 0.90, $"{all}");
        Assert.True(all.Precision >= 0.90, $"{all}");
        Assert.True(heldOut.RecallAt3 >= 0.85, $"{heldOut}");
        Assert.True(heldOut.Precision >= 0.85, $"{heldOut}");
    }

    [Fact]
    public void What_is_expected_stands_in_the_sources()
    {
        foreach (var business in LabelledBusiness.All)
            foreach (var question in business.Questions)
                Assert.True((question.Kind == QuestionKind.None) == (question.Expected.Length == 0) && business.Sources.Any(source => source.Text.Contains(question.Expected, StringComparison.Ordinal)),
                    $"{business.Name}: {question.Text}");
    }
}
