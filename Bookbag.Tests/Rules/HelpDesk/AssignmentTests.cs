using Bookbag.Inbound.HelpDesk;

namespace Bookbag.Tests.Rules.HelpDesk;

public sealed class AssignmentTests
{
    private static readonly Guid Ann = new("00000000-0000-0000-0000-00000000000a");
    private static readonly Guid Bob = new("00000000-0000-0000-0000-00000000000b");
    private static readonly Guid Cem = new("00000000-0000-0000-0000-00000000000c");
    private static readonly Guid[] Tickets = [.. Enumerable.Range(1, 4).Select(i => new Guid(i, 0, 0, new byte[8]))];

    [Fact]
    public void Balanced_gives_to_whoever_has_the_fewest() =>
        Assert.Equal([Bob, Cem, Bob, Cem], Given(AssignmentMode.Balanced, null, null, new(Ann, 9), new(Bob, 0), new(Cem, 1)));

    [Fact]
    public void Round_robin_goes_on_after_the_last_one() =>
        Assert.Equal([Cem, Ann, Bob, Cem], Given(AssignmentMode.RoundRobin, null, Bob, new(Ann, 9), new(Bob, 0), new(Cem, 1)));

    [Fact]
    public void Round_robin_skips_who_has_no_room() =>
        Assert.Equal([Bob, Cem, Bob], Given(AssignmentMode.RoundRobin, 2, Ann, new(Ann, 2), new(Bob, 0), new(Cem, 1)));

    [Fact]
    public void Nobody_gets_more_than_the_cap() =>
        Assert.Equal([Ann], Given(AssignmentMode.Balanced, 1, null, new(Ann, 0), new(Bob, 1)));

    [Theory]
    [InlineData(AssignmentMode.ByHand)]
    [InlineData(AssignmentMode.Balanced)]
    public void Nothing_is_given_by_hand_or_without_a_team(AssignmentMode mode) =>
        Assert.Empty(Given(mode, null, null, mode == AssignmentMode.ByHand ? [new Teammate(Ann, 0)] : []));

    private static IEnumerable<Guid> Given(AssignmentMode mode, int? cap, Guid? last, params Teammate[] team) =>
        Assignment.Of(mode, team, cap, last, Tickets).Select(given => given.Member);
}
