using System.Text.RegularExpressions;

namespace Bookbag.Tests.Architecture;

/// <summary>Rules that the text of the sources obeys. Each has a sample that breaks it, so that the rule is known to see.</summary>
public sealed partial class SourceRuleTests
{
    public static TheoryData<string, string> BrokenSamples => new()
    {
        { nameof(ConditionalCompilation), "#if DEBUG\n#endif" },
        { nameof(KnowsItsEngine), "if (config[\"UseAspire\"] == \"true\")" },
        { nameof(NamesTheGraphHost), "new Uri(\"https://graph.facebook.com/v25.0/\")" },
        { nameof(ClaimsWithoutMaterialising), "UPDATE q SET a = 1 WHERE id IN (SELECT id FROM q LIMIT 5 FOR UPDATE SKIP LOCKED)" },
        { nameof(SwallowsErrors), "try { Go(); } catch (Exception) { }" },
        { nameof(LeavesWorkForLater), "// TODO: the rest" },
    };

    [Theory]
    [MemberData(nameof(BrokenSamples))]
    public void A_rule_sees_what_breaks_it(string rule, string sample) => Assert.True(Rules[rule](sample));

    [Theory]
    [InlineData(nameof(ConditionalCompilation))]
    [InlineData(nameof(KnowsItsEngine))]
    [InlineData(nameof(NamesTheGraphHost))]
    [InlineData(nameof(ClaimsWithoutMaterialising))]
    [InlineData(nameof(SwallowsErrors))]
    [InlineData(nameof(LeavesWorkForLater))]
    public void No_source_of_the_product_breaks_a_rule(string rule)
    {
        var offenders = SourceTree.Product()
            .Where(f => !(Exceptions.TryGetValue(rule, out var allowed) && f.Path.StartsWith(allowed, StringComparison.Ordinal)))
            .Where(f => Rules[rule](f.Text))
            .Select(f => f.Path);
        Assert.Empty(offenders);
    }

    private static readonly Dictionary<string, Func<string, bool>> Rules = new()
    {
        [nameof(ConditionalCompilation)] = ConditionalCompilation,
        [nameof(KnowsItsEngine)] = KnowsItsEngine,
        [nameof(NamesTheGraphHost)] = NamesTheGraphHost,
        [nameof(ClaimsWithoutMaterialising)] = ClaimsWithoutMaterialising,
        [nameof(SwallowsErrors)] = SwallowsErrors,
        [nameof(LeavesWorkForLater)] = LeavesWorkForLater,
    };

    /// <summary>The one folder in which a rule does not hold.</summary>
    private static readonly Dictionary<string, string> Exceptions = new()
    {
        // The protocol is the one place that knows where Meta's API is; everything else gets a parsed SendUrl.
        [nameof(NamesTheGraphHost)] = "Bookbag.ServiceDefaults/WhatsApp/",
    };

    private static bool ConditionalCompilation(string text) => IfDirective().IsMatch(text);

    private static bool KnowsItsEngine(string text) => text.Contains("UseAspire", StringComparison.Ordinal);

    private static bool NamesTheGraphHost(string text) =>
        Code(text).Contains("graph.facebook.com", StringComparison.OrdinalIgnoreCase);

    /// <summary>A claim with LIMIT in a plain subquery may update more rows than the limit: it goes through a MATERIALIZED CTE.</summary>
    private static bool ClaimsWithoutMaterialising(string text) =>
        SkipLocked().Matches(text).Any(claim => !Materialized().IsMatch(text[Math.Max(0, claim.Index - 600)..claim.Index]));

    private static bool SwallowsErrors(string text) => EmptyCatch().IsMatch(text);

    private static bool LeavesWorkForLater(string text) => Later().IsMatch(text);

    /// <summary>The text without comment lines: a comment may name what the code may not use.</summary>
    private static string Code(string text) =>
        string.Join('\n', text.Split('\n').Where(line => !line.TrimStart().StartsWith("//", StringComparison.Ordinal)));

    [GeneratedRegex(@"^\s*#if\b", RegexOptions.Multiline)]
    private static partial Regex IfDirective();

    [GeneratedRegex(@"SKIP\s+LOCKED")]
    private static partial Regex SkipLocked();

    [GeneratedRegex(@"AS\s+MATERIALIZED\s*\(")]
    private static partial Regex Materialized();

    [GeneratedRegex(@"catch\s*(\(Exception[^)]*\))?\s*\{\s*\}")]
    private static partial Regex EmptyCatch();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|NotImplementedException)\b")]
    private static partial Regex Later();
}
