namespace Bookbag.AppHost.Embedded;

/// <summary>Programs on this machine's PATH.</summary>
internal static class SearchPath
{
    /// <summary>Null where there is none.</summary>
    public static string? Find(string program)
    {
        var file = OperatingSystem.IsWindows() ? $"{program}.exe" : program;
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, file))
            .FirstOrDefault(File.Exists);
    }
}
