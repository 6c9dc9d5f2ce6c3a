namespace Bookbag.AppHost.Embedded;

/// <summary>The account that Postgres runs under when the engine runs as root, which Postgres refuses.</summary>
internal sealed record ServerAccount(string Name, int UserId, int GroupId)
{
    /// <summary>Null where the engine's own user will do.</summary>
    public static ServerAccount? ForPostgres()
    {
        if (OperatingSystem.IsWindows() || !Environment.IsPrivilegedProcess)
            return null;

        // postgres:x:105:112:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash
        var accounts = File.ReadLines("/etc/passwd")
            .Select(line => line.Split(':'))
            .Where(fields => fields.Length > 3)
            .ToDictionary(fields => fields[0], fields => new ServerAccount(fields[0], int.Parse(fields[2]), int.Parse(fields[3])));
        return accounts.GetValueOrDefault("postgres")
            ?? accounts.GetValueOrDefault("nobody")
            ?? throw new EngineFailure("Postgres does not run as root, and this machine has neither a user 'postgres' nor 'nobody': run as another user.");
    }
}
