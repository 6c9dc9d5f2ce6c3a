namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>What a site asks programs not to read (RFC 9309).</summary>
public sealed class RobotsTxt
{
    /// <summary>The name by which a site can speak to us.</summary>
    public const string Agent = "bookbag";

    /// <summary>What is beyond need not be read.</summary>
    public const int Longest = 500 * 1024;

    private const int MostRules = 5_000;

    private readonly List<(string Pattern, bool Allow)> _rules = [];

    private RobotsTxt() { }

    /// <summary>A site that asks nothing.</summary>
    public static RobotsTxt Nothing { get; } = new();

    /// <summary>Whether an address may be read: by the longest rule that fits it, the kinder one of two as long.</summary>
    public bool Allows(Uri url)
    {
        var path = url.PathAndQuery;
        return _rules.Where(rule => Fits(rule.Pattern, path)).OrderByDescending(rule => rule.Pattern.Length).ThenByDescending(rule => rule.Allow).FirstOrDefault((Pattern: "", Allow: true)).Allow;
    }

    /// <summary>Reads the file. What is not understood is passed over.</summary>
    public static RobotsTxt Parse(string text)
    {
        // User-agent: Bookbag      the groups that name us count, else those for everybody: all rules of them
        // User-agent: *
        // Disallow: /cart*?add=
        // Allow: /cart/help$
        var (ours, everybody) = (new RobotsTxt(), new RobotsTxt());
        var named = false;
        var (isOurs, isEverybody, inAgents) = (false, false, false);
        foreach (var line in text.AsSpan(0, Math.Min(text.Length, Longest)).EnumerateLines())
        {
            var content = line[..(line.IndexOf('#') is >= 0 and var comment ? comment : line.Length)];
            var colon = content.IndexOf(':');
            if (colon < 0)
                continue;
            var field = content[..colon].Trim();
            var value = content[(colon + 1)..].Trim();
            if (field.Equals("user-agent", StringComparison.OrdinalIgnoreCase))
            {
                if (!inAgents)
                    (isOurs, isEverybody, inAgents) = (false, false, true);
                isOurs |= value.Equals(Agent, StringComparison.OrdinalIgnoreCase);
                isEverybody |= value is "*";
                named |= isOurs;
                continue;
            }
            inAgents = false;
            var allow = field.Equals("allow", StringComparison.OrdinalIgnoreCase);
            if ((!allow && !field.Equals("disallow", StringComparison.OrdinalIgnoreCase)) || value.IsEmpty)
                continue;
            if (isOurs && ours._rules.Count < MostRules)
                ours._rules.Add((value.ToString(), allow));
            if (isEverybody && everybody._rules.Count < MostRules)
                everybody._rules.Add((value.ToString(), allow));
        }
        return named ? ours : everybody;
    }

    // '*' stands for anything, '$' at the end for the end. Taking the first place where each piece fits is enough, and takes no longer than the path times the pattern.
    private static bool Fits(string pattern, string path)
    {
        var toEnd = pattern.EndsWith('$');
        var pieces = (toEnd ? pattern[..^1] : pattern).Split('*');
        if (!path.StartsWith(pieces[0], StringComparison.Ordinal))
            return false;
        var at = pieces[0].Length;
        foreach (var piece in pieces.Skip(1))
        {
            var found = path.IndexOf(piece, at, StringComparison.Ordinal);
            if (found < 0)
                return false;
            at = found + piece.Length;
        }
        return !toEnd || at == path.Length || (pieces.Length > 1 && path.Length - pieces[^1].Length >= at - pieces[^1].Length && path.EndsWith(pieces[^1], StringComparison.Ordinal));
    }
}
