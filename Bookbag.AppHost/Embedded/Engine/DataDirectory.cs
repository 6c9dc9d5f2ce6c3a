using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Bookbag.AppHost.Embedded;

/// <summary>Where one system keeps its data: the servers' files, their passwords, and the lock that keeps a second run out.</summary>
internal sealed class DataDirectory(string location, bool isThrowAway) : IDisposable
{
    private const string ThrowAwayPrefix = "bookbag-test-";
    private readonly Lock _lock = new();
    private FileStream? _lockFile;

    public string Location => location;

    /// <summary>Made for a test, and removed with it: what is in it need not survive a power cut.</summary>
    public bool IsThrowAway => isThrowAway;

    /// <summary>The directory of a checkout, or the one that <c>BOOKBAG_DATA</c> names.</summary>
    public static DataDirectory OfCheckout(string appHostDirectory, IConfiguration configuration)
    {
        if (configuration["BOOKBAG_DATA"] is { Length: > 0 } chosen)
            return new DataDirectory(Path.GetFullPath(chosen), isThrowAway: false);

        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(appHostDirectory)))[..12];
        return new DataDirectory(Path.Combine(Home, hash), isThrowAway: false);
    }

    /// <summary>A new one that goes with the test, or the one that it names, safe from a power cut, to measure what users get.</summary>
    public static DataDirectory OfTest(IConfiguration configuration) =>
        configuration["Data"] is { } chosen && Path.IsPathRooted(chosen) ? new DataDirectory(chosen, isThrowAway: false) : ThrowAway();

    public static DataDirectory ThrowAway() =>
        new(Path.Combine(Path.GetTempPath(), ThrowAwayPrefix + Path.GetRandomFileName()), isThrowAway: true);

    /// <summary>Where all checkouts of this user have their data. Root's own home is closed to the account that runs Postgres for it.</summary>
    public static string Home => Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows()
        ? "/var/lib/bookbag"
        : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify), "bookbag");

    /// <summary>Creates the directory and takes its lock.</summary>
    public void Open()
    {
        try
        {
            Directory.CreateDirectory(location);
            // The account that runs Postgres for root must be able to walk through.
            if (ServerAccount.ForPostgres() is not null && !OperatingSystem.IsWindows())
                File.SetUnixFileMode(location, File.GetUnixFileMode(location) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
            File.WriteAllText(PathOf("writable"), "");
            File.Delete(PathOf("writable"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EngineFailure($"The data directory {location} cannot be written: {e.Message} Choose another with BOOKBAG_DATA.");
        }

        _lockFile = TryLock(location) ?? throw new EngineFailure(RunningAlready());
        if (isThrowAway)
            RemoveLeftOver();
    }

    /// <summary>Says to a second run where the first one is.</summary>
    public void Announce(string description) => WritePrivate(PathOf("running"), $"process {Environment.ProcessId}, {description}");

    /// <summary>A random text that stays the same as long as the directory does.</summary>
    public string Secret(string name)
    {
        lock (_lock)
        {
            var file = PathOf("secrets.json");
            var secrets = File.Exists(file) ? JsonSerializer.Deserialize<Dictionary<string, string>>(File.ReadAllText(file))! : [];
            if (!secrets.TryGetValue(name, out var secret))
            {
                secrets[name] = secret = RandomNumberGenerator.GetHexString(32, lowercase: true);
                WritePrivate(file, JsonSerializer.Serialize(secrets));
            }

            return secret;
        }
    }

    public string PathOf(string name) => Path.Combine(location, name);

    /// <summary>Writes a file that only this user can read, from its first byte on.</summary>
    public static void WritePrivate(string file, string content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var writer = new StreamWriter(file, options);
        writer.Write(content);
    }

    public void Dispose()
    {
        if (_lockFile is null)
            return;
        File.Delete(PathOf("running"));
        _lockFile.Dispose();
        _lockFile = null;
        if (isThrowAway)
            Directory.Delete(location, recursive: true);
    }

    private string RunningAlready()
    {
        var where = File.Exists(PathOf("running")) ? File.ReadAllText(PathOf("running")) : "still starting";
        return $"Bookbag is running already on the data in {location} ({where}). Stop it first, or choose other data with BOOKBAG_DATA and another port with BOOKBAG_EDGE_PORT.";
    }

    /// <summary>The lock goes with the process that holds it, however that ends.</summary>
    private static FileStream? TryLock(string directory)
    {
        try
        {
            return new FileStream(Path.Combine(directory, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Removes what tests left behind that were killed before they could do it themselves.</summary>
    private static void RemoveLeftOver()
    {
        foreach (var directory in Directory.EnumerateDirectories(Path.GetTempPath(), ThrowAwayPrefix + "*"))
        {
            try
            {
                // One that has no lock yet is just being made.
                if (!File.Exists(Path.Combine(directory, "lock")) || TryLock(directory) is not { } abandoned)
                    continue;
                using (abandoned)
                    Directory.Delete(directory, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another user's, or another test is at it: not ours to clean.
            }
        }
    }
}
