using Bookbag.ServiceDefaults.Attribution;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules.Attribution;

public sealed class AttributionRuleTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 2, 12, 0, 0, TimeSpan.Zero);
    private static readonly CampaignMessage Monday = Message(1, Noon);
    private static readonly CampaignMessage Tuesday = Message(2, Noon.AddHours(24));

    [Theory]
    [InlineData(-1, false)] // the message came when the customer had written already
    [InlineData(0, true)]
    [InlineData(72 * 3600, true)]
    [InlineData((72 * 3600) + 1, false)]
    public void An_answer_to_nothing_in_particular_counts_for_exactly_72_hours(int seconds, bool counts) =>
        Assert.Equal(counts, AttributionRule.Link(new CustomerReply(Noon.AddSeconds(seconds)), [Monday]) is { Evidence: AttributionEvidence.Latest, Late: false });

    [Fact]
    public void An_answer_in_the_second_of_the_message_comes_after_it() =>
        Assert.NotNull(AttributionRule.Link(new CustomerReply(Noon), [Monday with { At = Noon.AddMilliseconds(900) }]));

    [Fact]
    public void The_latest_of_several_is_answered_and_the_others_are_kept_as_evidence()
    {
        var link = AttributionRule.Link(new CustomerReply(Noon.AddHours(30)), [Monday, Tuesday])!;
        Assert.Equal((Tuesday, AttributionEvidence.Latest, false), (link.Message, link.Evidence, link.IsExact));
        Assert.Equal([Monday], link.Others);
    }

    [Fact]
    public void What_is_quoted_is_answered_whatever_came_later()
    {
        var link = AttributionRule.Link(new CustomerReply(Noon.AddHours(30), Quoted: Monday.Wamid), [Monday, Tuesday])!;
        Assert.Equal((Monday, AttributionEvidence.Quoted, false), (link.Message, link.Evidence, link.Late));
        Assert.Equal([Tuesday], link.Others);
    }

    [Fact]
    public void A_tapped_button_says_it_too_even_where_the_id_of_the_message_is_not_known()
    {
        var link = AttributionRule.Link(new CustomerReply(Noon.AddHours(30), "wamid.unknown", Monday.RecipientId), [Monday with { Wamid = null }, Tuesday])!;
        Assert.Equal((Monday.RecipientId, AttributionEvidence.Button), (link.Message.RecipientId, link.Evidence));
    }

    [Fact]
    public void What_is_exact_counts_after_the_72_hours_and_is_flagged()
    {
        var link = AttributionRule.Link(new CustomerReply(Noon.AddDays(9), Quoted: Monday.Wamid), [Monday, Tuesday])!;
        Assert.Equal((Monday, true), (link.Message, link.Late));
        Assert.Empty(link.Others);
    }

    [Fact]
    public void A_quote_of_something_else_is_an_answer_to_the_latest() =>
        Assert.Equal(AttributionEvidence.Latest, AttributionRule.Link(new CustomerReply(Noon.AddHours(1), Quoted: "wamid.reply"), [Monday])!.Evidence);

    /// <summary>Whatever is known, in whatever order it came to be known and however often: the link is the same, and it is one of those that the rule allows.</summary>
    [Property]
    public Property The_link_depends_on_nothing_but_what_is_known()
    {
        var messages = (from campaign in Gen.Choose(1, 6) from hours in Gen.Choose(-100, 100) select Message(campaign, Noon.AddHours(hours))).ListOf();
        var replies = from hours in Gen.Choose(-50, 200)
                      from quoted in Gen.Choose(0, 8)
                      from tapped in Gen.Choose(0, 8)
                      select new CustomerReply(Noon.AddHours(hours), quoted == 0 ? null : Message(quoted, Noon).Wamid, tapped < 5 ? null : Message(tapped, Noon).RecipientId);
        return Prop.ForAll(messages.ToArbitrary(), replies.ToArbitrary(), Gen.Choose(0, int.MaxValue).ToArbitrary(), (known, reply, seed) =>
        {
            var once = known.DistinctBy(m => m.RecipientId).ToList();
            var shuffled = once.Concat(once).ToArray();
            new System.Random(seed).Shuffle(shuffled);
            var link = AttributionRule.Link(reply, once);
            var again = AttributionRule.Link(reply, shuffled);
            if (link is null)
                return again is null && !once.Exists(m => m.Wamid == reply.Quoted || m.RecipientId == reply.Token || (m.At <= reply.At && reply.At <= m.At + AttributionRule.Window));
            return again is not null && (link.Message, link.Evidence, link.Late) == (again.Message, again.Evidence, again.Late) && link.Others.SequenceEqual(again.Others)
                && (link.IsExact ? link.Message.Wamid == reply.Quoted || link.Message.RecipientId == reply.Token : link.Message.At <= reply.At && !link.Late)
                && (link.IsExact || !once.Exists(m => m.Wamid == reply.Quoted || m.RecipientId == reply.Token));
        });
    }

    [Fact]
    public void A_button_brings_back_whose_message_it_was_on()
    {
        var id = Guid.CreateVersion7(Noon);
        Assert.Equal(id, ReplyToken.Parse(ReplyToken.Of(id, 2)));
        foreach (var foreign in new[] { null, "", "Yes", "recipient:", "recipient:x", "recipient:not-a-guid-not-a-guid-not-a-guid-not-a" })
            Assert.Null(ReplyToken.Parse(foreign));
    }

    private static CampaignMessage Message(int campaign, DateTimeOffset at) => new(Id(campaign), Id(100 + campaign), $"wamid.{campaign}", at);

    private static Guid Id(int number) => new(number, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]);
}
