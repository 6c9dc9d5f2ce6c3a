using System.Text.RegularExpressions;

namespace Bookbag.AppHost.Embedded;

/// <summary>Text that was meant for a terminal.</summary>
internal static partial class AnsiText
{
    /// <summary>Without the colours.</summary>
    public static string Strip(string text) => Escapes().Replace(text, "");

    [GeneratedRegex(@"\e\[[0-9;]*[A-Za-z]")]
    private static partial Regex Escapes();
}
