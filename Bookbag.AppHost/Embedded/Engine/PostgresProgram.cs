using Aspire.Hosting.ApplicationModel;
using Npgsql;

namespace Bookbag.AppHost.Embedded;

/// <summary>Runs a Postgres server of the system's own: on loopback, behind a random password, on data in its data directory.</summary>
internal sealed class PostgresProgram(PostgresServerResource resource, DataDirectory data) : EngineProgram
{
    private readonly ServerAccount? _account = ServerAccount.ForPostgres();

    private string DataPath => data.PathOf("postgres");

    public override string Url => $"postgresql://localhost:{resource.PrimaryEndpoint.Port}";

    /// <summary>Ends the clients' sessions instead of waiting for them.</summary>
    public override Signal StopSignal => data.IsThrowAway ? Signal.Quit : Signal.Interrupt;

    public override async Task<ProgramStart> PrepareAsync(CancellationToken cancellationToken)
    {
        var version = File.Exists(Path.Combine(DataPath, "PG_VERSION")) ? (await File.ReadAllTextAsync(Path.Combine(DataPath, "PG_VERSION"), cancellationToken)).Trim() : null;
        var installation = await PostgresInstallation.FindAsync(
            PostgresInstallation.UsualPlaces(), version, Path.Combine(DataDirectory.Home, "postgres"), cancellationToken);

        if (version is null)
            await InitializeAsync(installation, cancellationToken);
        else
            await StopLeftOverAsync(installation, cancellationToken);

        List<string> settings =
        [
            "listen_addresses=127.0.0.1", $"port={resource.PrimaryEndpoint.Port}", "unix_socket_directories=", "max_connections=300",
            // Written to all day: the defaults are those of a small machine, and would flush much of it to disk every few minutes.
            "shared_buffers=256MB", "max_wal_size=2GB", "checkpoint_timeout=15min",
            .. data.IsThrowAway ? ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] : Array.Empty<string>(),
        ];
        return Start(installation, "postgres", ["-D", DataPath, .. settings.SelectMany(setting => new[] { "-c", setting })]);
    }

    public override async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ExecuteAsync("SELECT 1", cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    /// <summary>Creates a database where it is not there yet.</summary>
    public async Task CreateDatabaseAsync(string name, CancellationToken cancellationToken)
    {
        if (await ExecuteAsync($"SELECT 1 FROM pg_database WHERE datname = '{name}'", cancellationToken) is null)
            await ExecuteAsync($"CREATE DATABASE \"{name}\"", cancellationToken);
    }

    private async Task<object?> ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var connectionString = await resource.GetConnectionStringAsync(cancellationToken);
        await using var connection = new NpgsqlConnection($"{connectionString};Database=postgres;Pooling=false;Timeout=5;Command Timeout=30");
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

    /// <summary>Makes an empty server beside its place and moves it there when it is whole: a start that is cut off leaves nothing half done.</summary>
    private async Task InitializeAsync(PostgresInstallation installation, CancellationToken cancellationToken)
    {
        var unfinished = data.PathOf("postgres.new");
        var passwordFile = data.PathOf("postgres.password");
        if (Directory.Exists(unfinished))
            Directory.Delete(unfinished, recursive: true);
        Directory.CreateDirectory(unfinished);
        DataDirectory.WritePrivate(passwordFile, data.Secret(resource.PasswordParameter.Name));
        try
        {
            if (_account is not null)
                await RunAsync(new ProgramStart("chown", [$"{_account.UserId}:{_account.GroupId}", unfinished, passwordFile]), "Postgres could not be given its directory", cancellationToken);

            // A locale in which upper and lower case of all letters are known; other systems take the user's.
            string[] locale = OperatingSystem.IsLinux() ? ["--locale=C.UTF-8"] : [];
            await RunAsync(
                Start(installation, "initdb", ["-D", unfinished, "-U", PostgresServerResource.UserName, $"--pwfile={passwordFile}", "-A", "scram-sha-256", "-E", "UTF8", "--no-sync", .. locale]),
                $"Postgres could not set up its data in {unfinished}{(_account is null ? "" : $" as the user '{_account.Name}', who must be able to reach it")}", cancellationToken);
        }
        finally
        {
            File.Delete(passwordFile);
        }

        Directory.Move(unfinished, DataPath);
    }

    /// <summary>Waits for a server that a killed engine left on its way down.</summary>
    private async Task StopLeftOverAsync(PostgresInstallation installation, CancellationToken cancellationToken)
    {
        if (File.Exists(Path.Combine(DataPath, "postmaster.pid")))
            await ChildProcess.RunAsync(Start(installation, "pg_ctl", ["stop", "-D", DataPath, "-m", "fast", "-w", "-t", "10"]), cancellationToken);
    }

    private ProgramStart Start(PostgresInstallation installation, string program, IReadOnlyList<string> arguments) =>
        new(installation.ProgramPath(program), arguments)
        {
            Account = _account,
            WorkingDirectory = data.Location,
            SignalWhenOrphaned = Signal.Interrupt,
            // The caller's own settings for the client library are not the server's.
            Environment = new Dictionary<string, string?> { ["PGDATA"] = null, ["PGPORT"] = null, ["PGHOST"] = null, ["LC_ALL"] = null, ["TZ"] = "UTC" },
        };

    private static async Task RunAsync(ProgramStart program, string failure, CancellationToken cancellationToken)
    {
        var (exitCode, output) = await ChildProcess.RunAsync(program, cancellationToken);
        if (exitCode != 0)
            throw new EngineFailure($"{failure}: {output.Split('\n').LastOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? output.Split('\n')[^1]}");
    }
}
