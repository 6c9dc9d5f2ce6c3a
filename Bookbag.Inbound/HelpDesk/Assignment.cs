namespace Bookbag.Inbound.HelpDesk;

/// <summary>A member who is given tickets.</summary>
/// <param name="Id">The member.</param>
/// <param name="Open">How many open tickets they have.</param>
public sealed record Teammate(Guid Id, int Open);

/// <summary>Who gets which ticket.</summary>
public static class Assignment
{
    /// <summary>Gives out waiting tickets, in their order, until everybody has as many as they may. Balanced: to whoever has the fewest. Round robin: to one after the other.</summary>
    /// <param name="mode">How.</param>
    /// <param name="team">Who is given tickets.</param>
    /// <param name="cap">How many open ones a member is given at most; null for any number.</param>
    /// <param name="last">Round robin: who was given the last one.</param>
    /// <param name="tickets">What waits.</param>
    public static List<(Guid Ticket, Guid Member)> Of(AssignmentMode mode, IEnumerable<Teammate> team, int? cap, Guid? last, IEnumerable<Guid> tickets)
    {
        var given = new List<(Guid, Guid)>();
        var members = team.OrderBy(member => member.Id).ToList();
        foreach (var ticket in tickets)
        {
            var free = members.FindAll(member => cap is null || member.Open < cap);
            if (mode == AssignmentMode.ByHand || free.Count == 0)
                break;
            // Of those with as few: the one whose turn it is.
            var next = InTurn(free, last);
            var member = mode == AssignmentMode.Balanced ? next.MinBy(candidate => candidate.Open)! : next.First();
            members[members.IndexOf(member)] = member with { Open = member.Open + 1 };
            last = member.Id;
            given.Add((ticket, member.Id));
        }

        return given;
    }

    private static IEnumerable<Teammate> InTurn(List<Teammate> members, Guid? last) => last is { } before
        ? members.Where(member => member.Id.CompareTo(before) > 0).Concat(members.Where(member => member.Id.CompareTo(before) <= 0))
        : members;
}
