using System.Globalization;

namespace Bookbag.Outbound.Campaigns;

/// <summary>Cells of the CSV files that people download.</summary>
internal static class Csv
{
    public static string Cell(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture) ?? "";

    // A spreadsheet runs what begins like a formula; names and replies come from outside. A number's plus is kept.
    public static string Cell(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "";
        var formula = text[0] is '=' or '-' or '@' or '\t' or '\r' || (text[0] == '+' && text.AsSpan(1).ContainsAnyExceptInRange('0', '9'));
        var safe = formula ? $"'{text}" : text;
        return safe.AsSpan().ContainsAny(",\"\r\n") ? $"\"{safe.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : safe;
    }
}
