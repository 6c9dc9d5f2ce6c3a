namespace Bookbag.Inbound.HelpDesk;

/// <summary>What somebody searches for, as a pattern of SQL's LIKE escaped by backslashes: found anywhere, and wildcards mean themselves.</summary>
internal static class SearchPattern
{
    public static string Of(string search) =>
        $"%{search.Trim().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
