namespace Bookbag.Tests.Architecture;

/// <summary>The project's own source files.</summary>
internal static class SourceTree
{
    public static string Root { get; } = FindRoot();

    /// <summary>The C# and Razor files of the product (not of the tests), by path relative to the root.</summary>
    public static IEnumerable<(string Path, string Text)> Product() => Files().Where(f => !f.Path.StartsWith("Bookbag.Tests/", StringComparison.Ordinal));

    /// <summary>The C# and Razor files of product and tests.</summary>
    public static IEnumerable<(string Path, string Text)> Files() =>
        from file in Directory.EnumerateFiles(Root, "*.*", SearchOption.AllDirectories)
        where file.EndsWith(".cs", StringComparison.Ordinal) || file.EndsWith(".razor", StringComparison.Ordinal)
        let path = Path.GetRelativePath(Root, file).Replace('\\', '/')
        where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
        select (path, File.ReadAllText(file));

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Bookbag.Aspire.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside the checkout: Bookbag.Aspire.sln is in no parent folder.");
    }
}
