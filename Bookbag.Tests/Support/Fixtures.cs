namespace Bookbag.Tests.Support;

/// <summary>Payloads that this project did not write; they lie outside the checkout, where <c>BOOKBAG_FIXTURES</c> points.</summary>
public static class Fixtures
{
    /// <summary>Why a test of them does not run here; null where they are.</summary>
    public static string? Missing { get; } = Root is null ? "BOOKBAG_FIXTURES does not name a folder." : null;

    private static string? Root => Environment.GetEnvironmentVariable("BOOKBAG_FIXTURES") is { Length: > 0 } root && Directory.Exists(root) ? root : null;

    /// <summary>The names of a folder's files; none where the fixtures are not.</summary>
    public static IEnumerable<string> Files(string folder, string prefix = "") =>
        Root is { } root
            ? Directory.GetFiles(Path.Combine(root, folder), prefix + "*.json").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)
            : [];

    /// <summary>The same as rows of a theory.</summary>
    public static TheoryData<string> Names(string folder, string prefix = "") => [.. Files(folder, prefix)];

    /// <summary>A file's bytes.</summary>
    public static byte[] Read(string folder, string name) => File.ReadAllBytes(Path.Combine(Root ?? throw new InvalidOperationException(Missing), folder, name));
}

/// <summary>A fact about the fixtures: reported as skipped where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FixtureFactAttribute : FactAttribute
{
    public FixtureFactAttribute() => Skip = Fixtures.Missing;
}

/// <summary>A theory over the fixtures: reported as skipped where they are not.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FixtureTheoryAttribute : TheoryAttribute
{
    public FixtureTheoryAttribute() => Skip = Fixtures.Missing;
}
