namespace Bookbag.AppHost.Embedded;

/// <summary>Notices that the <c>dotnet run</c> which started this program was killed: it cannot take its child with it then.</summary>
internal static class ParentWatch
{
    /// <summary>Never completes, except by cancellation, where the parent is somebody else.</summary>
    public static async Task UntilGoneAsync(TimeProvider clock, CancellationToken cancellationToken)
    {
        if (!OperatingSystem.IsLinux() || Parent() is not { } parent || !IsDotnetRun(parent))
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, clock, cancellationToken);
            return;
        }

        while (Parent() == parent)
            await Task.Delay(TimeSpan.FromMilliseconds(500), clock, cancellationToken);
    }

    // 4242 (Bookbag.AppHost) S 4200 ...
    private static string? Parent() =>
        File.ReadAllText("/proc/self/stat").Split(") ")[^1].Split(' ') is [_, var parent, ..] ? parent : null;

    private static bool IsDotnetRun(string process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0') is [var program, "run", ..] && Path.GetFileName(program) == "dotnet";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
