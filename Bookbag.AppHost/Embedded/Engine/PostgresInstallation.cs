using MysticMind.PostgresEmbed;

namespace Bookbag.AppHost.Embedded;

/// <summary>A set of Postgres programs on this machine.</summary>
internal sealed record PostgresInstallation(string BinDirectory, string MajorVersion)
{
    private const string DownloadedVersion = "17";

    public string ProgramPath(string name) => Path.Combine(BinDirectory, OperatingSystem.IsWindows() ? $"{name}.exe" : name);

    /// <summary>The newest installation, or where data exist already the one whose version made them; downloaded where there is none.</summary>
    /// <param name="candidates">Directories that may hold the programs.</param>
    /// <param name="dataVersion">The major version of the data; null where there are none yet.</param>
    /// <param name="downloads">Where a downloaded one is kept.</param>
    /// <param name="cancellationToken">Ends a download.</param>
    public static async Task<PostgresInstallation> FindAsync(
        IEnumerable<string> candidates, string? dataVersion, string downloads, CancellationToken cancellationToken)
    {
        var installed = new List<PostgresInstallation>();
        foreach (var directory in candidates.Concat(Downloaded(downloads)).Distinct())
        {
            if (await AtAsync(directory, cancellationToken) is { } installation)
                installed.Add(installation);
        }

        var fitting = installed.Where(installation => dataVersion is null || installation.MajorVersion == dataVersion).ToList();
        return fitting.MaxBy(installation => int.Parse(installation.MajorVersion))
            ?? await DownloadAsync(dataVersion ?? DownloadedVersion, downloads, installed, cancellationToken);
    }

    /// <summary>Where the usual installers put Postgres.</summary>
    public static IEnumerable<string> UsualPlaces()
    {
        if (SearchPath.Find("postgres") is { } onPath)
            yield return Path.GetDirectoryName(File.ResolveLinkTarget(onPath, returnFinalTarget: true)?.FullName ?? onPath)!;

        (string Parent, string Pattern)[] places =
        [
            ("/usr/lib/postgresql", "*"),
            ("/usr", "pgsql-*"),
            ("/opt/homebrew/opt", "postgresql*"),
            ("/usr/local/opt", "postgresql*"),
            (Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.ProgramFiles), "PostgreSQL"), "*"),
        ];
        foreach (var (parent, pattern) in places.Where(place => Directory.Exists(place.Parent)))
        {
            foreach (var directory in Directory.EnumerateDirectories(parent, pattern))
                yield return Path.Combine(directory, "bin");
        }
    }

    private static async Task<PostgresInstallation?> AtAsync(string directory, CancellationToken cancellationToken)
    {
        var candidate = new PostgresInstallation(directory, "");
        if (!File.Exists(candidate.ProgramPath("postgres")) || !File.Exists(candidate.ProgramPath("initdb")))
            return null;
        // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
        var (_, version) = await ChildProcess.RunAsync(new ProgramStart(candidate.ProgramPath("postgres"), ["--version"]), cancellationToken);
        var major = version.Split(' ').Select(word => word.Split('.')[0]).FirstOrDefault(word => int.TryParse(word, out _));
        return major is null ? null : candidate with { MajorVersion = major };
    }

    private static IEnumerable<string> Downloaded(string downloads) => !Directory.Exists(downloads)
        ? []
        : Directory.EnumerateFiles(downloads, OperatingSystem.IsWindows() ? "initdb.exe" : "initdb", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!);

    private static async Task<PostgresInstallation> DownloadAsync(
        string version, string downloads, List<PostgresInstallation> installed, CancellationToken cancellationToken)
    {
        try
        {
            await new PgServer(new PgServerOptions { PgVersion = version, BinariesDir = downloads }).InstallAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            // Whatever went wrong, what helps is the same.
            var reason = installed.Count == 0
                ? "Postgres is not installed, and it could not be downloaded"
                : $"The data were made by Postgres {version}, which is not installed (only {string.Join(", ", installed.Select(other => other.MajorVersion))}), and it could not be downloaded";
            throw new EngineFailure($"{reason} ({e.Message.Split('\n')[0].TrimEnd('.')}). Install it: {HowToInstall(version)}.");
        }

        foreach (var directory in Downloaded(downloads))
        {
            if (await AtAsync(directory, cancellationToken) is { } installation && installation.MajorVersion == version)
                return installation;
        }

        throw new EngineFailure($"The downloaded Postgres {version} does not start on this machine. Install it: {HowToInstall(version)}.");
    }

    private static string HowToInstall(string version) =>
        OperatingSystem.IsMacOS() ? $"brew install postgresql@{version}"
        : OperatingSystem.IsWindows() ? "winget install PostgreSQL.PostgreSQL"
        : "apt-get install postgresql, or your distribution's package";
}
