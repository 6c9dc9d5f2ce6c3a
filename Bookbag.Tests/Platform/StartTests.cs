using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Bookbag.Inbound.FirstStart;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Bookbag.Tests.Platform;

/// <summary>A service's start, on an empty system and without Postgres.</summary>
public sealed class StartTests(EmptyDatabase database) : IClassFixture<EmptyDatabase>, IAsyncLifetime
{
    private const string Password = "a password of nobody's choice";

    private static readonly Dictionary<string, string?> Given = new()
    {
        ["FirstStart:AdminEmail"] = "first@example.com",
        ["FirstStart:AdminPassword"] = Password,
        ["FirstStart:ApiKey"] = "oc_live_given_by_the_configuration_0123456789",
    };

    public async Task InitializeAsync()
    {
        await database.DropAsync();
        await database.CreateAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Two_replicas_that_start_on_an_empty_system_make_one_workspace()
    {
        var settings = await WithRedisAsync();
        await using var first = new InboundHost(database.ConnectionString, settings: settings);
        await using var second = new InboundHost(database.ConnectionString, settings: settings);

        var clients = await Task.WhenAll(Task.Run(() => first.CreateClient(Given["FirstStart:ApiKey"])), Task.Run(() => second.CreateClient(Given["FirstStart:ApiKey"])));

        foreach (var client in clients)
        {
            Assert.Equal("Healthy", await client.GetStringAsync("/health"));
            Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/workspace/members")).StatusCode);
        }
        await using var db = first.Services.CreateScope().ServiceProvider.GetRequiredService<PlatformDb>();
        Assert.Equal((1, 1, 1), (await db.Workspaces.CountAsync(), await db.Members.CountAsync(), await db.ApiKeys.CountAsync()));
        Assert.Equal((0, 0), (await db.Agents.CountAsync(), await db.Channels.CountAsync())); // the demo is for development
        Assert.Equal(1, await db.DataProtectionKeys.CountAsync());
    }

    [Fact]
    public async Task Development_starts_with_the_demo()
    {
        await using var host = new InboundHost(database.ConnectionString, environment: "Development", settings: Given);
        using var client = host.CreateClient(Given["FirstStart:ApiKey"]);

        await using var db = host.Services.CreateScope().ServiceProvider.GetRequiredService<PlatformDb>();
        var channel = await db.Channels.SingleAsync();
        Assert.Equal("100000000000001", channel.PhoneNumberId);
        Assert.Contains("Pine", await client.GetStringAsync("/api/agents"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_is_in_the_database_in_clear()
    {
        await using var host = new InboundHost(database.ConnectionString, environment: "Development", settings: Given);
        using var client = host.CreateClient(Given["FirstStart:ApiKey"]);
        await client.GetAsync("/api/agents");
        await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);

        foreach (var secret in new[] { Password, Given["FirstStart:ApiKey"]!, "sandbox-access-token", "sandbox-app-secret" })
            Assert.Empty(await ColumnsWithAsync(dataSource, secret));

        // The search finds what is there.
        Assert.Equal(["platform.members", "platform.members"], (await ColumnsWithAsync(dataSource, "first@example.com")).Select(c => c[..c.LastIndexOf('.')]).Order());
    }

    [Fact]
    public async Task What_was_not_given_is_generated_and_shown_and_what_was_given_is_not_shown()
    {
        await using var host = new InboundHost(database.ConnectionString, settings: Given);
        using var client = host.CreateClient(); // starts the host
        await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);
        await dataSource.ExecuteAsync("TRUNCATE platform.workspaces CASCADE");

        var shown = new StringWriter();
        await FirstWorkspace.CreateAsync(host.Services, shown, CancellationToken.None);
        Assert.Contains("first@example.com", shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Password, shown.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("oc_live_", shown.ToString(), StringComparison.Ordinal);

        await dataSource.ExecuteAsync("TRUNCATE platform.workspaces CASCADE");
        await using var plain = new InboundHost(database.ConnectionString);
        using var anonymous = plain.CreateClient(); // makes the workspace
        await dataSource.ExecuteAsync("TRUNCATE platform.workspaces CASCADE");
        shown = new StringWriter();
        await FirstWorkspace.CreateAsync(plain.Services, shown, CancellationToken.None);
        var key = shown.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries).Single(w => w.StartsWith(ApiKey.Prefix, StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.OK, (await plain.CreateClient(key).GetAsync("/api/agents")).StatusCode);

        shown = new StringWriter();
        await FirstWorkspace.CreateAsync(plain.Services, shown, CancellationToken.None);
        Assert.Empty(shown.ToString());
    }

    [Theory]
    [InlineData("FirstStart:ApiKey", "my-own-key-that-is-long-enough-0123456789")]
    [InlineData("FirstStart:ApiKey", "oc_live_short")]
    [InlineData("FirstStart:AdminEmail", "nobody")]
    public async Task A_first_start_that_is_configured_wrongly_says_so_and_does_not_repeat_the_value(string name, string value)
    {
        await using var host = new InboundHost(database.ConnectionString, settings: new Dictionary<string, string?> { [name] = value });

        var refused = Assert.ThrowsAny<Exception>(() => host.CreateClient());

        Assert.Contains(name, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_service_starts_without_Postgres_and_becomes_healthy_when_it_comes()
    {
        await database.DropAsync();
        await using var host = new InboundHost(database.ConnectionString, settings: Given);
        using var client = host.CreateClient();

        Assert.Equal("Healthy", await client.GetStringAsync("/alive"));
        var unhealthy = await client.GetAsync("/health");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), (unhealthy.StatusCode, await unhealthy.Content.ReadAsStringAsync()));

        await database.CreateAsync();
        await HealthyAsync(client);
    }

    [Fact]
    public async Task A_service_survives_that_Postgres_goes_away_and_comes_back()
    {
        await using var host = new InboundHost(database.ConnectionString, settings: await WithRedisAsync());
        using var client = host.CreateClient(Given["FirstStart:ApiKey"]);
        Assert.Equal("Healthy", await client.GetStringAsync("/health"));

        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
        await using (var server = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Database = "postgres" }))
        {
            await server.ExecuteAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS false");
            await server.ExecuteAsync($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health")).StatusCode);
            Assert.True((int)(await client.GetAsync("/api/agents")).StatusCode >= 500);
            await server.ExecuteAsync($"ALTER DATABASE {name} ALLOW_CONNECTIONS true");
        }

        await HealthyAsync(client);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/api/agents")).StatusCode);
    }

    [Fact]
    public async Task With_a_certificate_the_key_ring_is_encrypted_and_read_by_who_has_it()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(file, NewCertificate("certificate password"));
            var settings = new Dictionary<string, string?>(Given) { ["KeyRing:CertificatePath"] = file, ["KeyRing:CertificatePassword"] = "certificate password" };
            string cipher;
            await using (var host = new InboundHost(database.ConnectionString, settings: settings))
            {
                using var client = host.CreateClient();
                cipher = host.Services.GetRequiredService<SecretProtector>().Protect("a secret");
            }

            await using var again = new InboundHost(database.ConnectionString, settings: settings);
            using var second = again.CreateClient();
            Assert.Equal("a secret", again.Services.GetRequiredService<SecretProtector>().Unprotect(cipher));

            await using var dataSource = NpgsqlDataSource.Create(database.ConnectionString);
            var key = await dataSource.ScalarAsync<string>("SELECT xml FROM platform.data_protection_keys");
            Assert.Contains("EncryptedData", key, StringComparison.Ordinal);
            Assert.DoesNotContain("<masterKey", key, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static async Task<Dictionary<string, string?>> WithRedisAsync() => new(Given) { ["ConnectionStrings:redis"] = await TestServers.RedisAsync() };

    private static async Task HealthyAsync(HttpClient client)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (!(await client.GetAsync("/health", patience.Token)).IsSuccessStatusCode)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
    }

    private static byte[] NewCertificate(string password)
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=key ring", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var from = new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var certificate = request.CreateSelfSigned(from, from.AddYears(10));
        return certificate.Export(X509ContentType.Pfx, password);
    }

    /// <summary>Every text and binary column of every schema of the product that holds a value somewhere, as text or as bytes.</summary>
    private static async Task<List<string>> ColumnsWithAsync(NpgsqlDataSource dataSource, string value)
    {
        var columns = new List<(string Table, string Column)>();
        await using (var command = dataSource.CreateCommand("""
            SELECT quote_ident(table_schema) || '.' || quote_ident(table_name), quote_ident(column_name)
            FROM information_schema.columns
            WHERE table_schema IN ('platform', 'inbound', 'outbound', 'delivery') AND data_type IN ('text', 'bytea', 'jsonb', 'character varying')
            """))
        await using (var row = await command.ExecuteReaderAsync())
        {
            while (await row.ReadAsync())
                columns.Add((row.GetString(0), row.GetString(1)));
        }

        var found = new List<string>();
        foreach (var (table, column) in columns)
        {
            await using var command = dataSource.CreateCommand($"SELECT count(*) FROM {table} WHERE position(@value IN {column}::text) > 0 OR position(@hex IN {column}::text) > 0");
            command.Parameters.AddWithValue("value", value);
            command.Parameters.AddWithValue("hex", Convert.ToHexStringLower(Encoding.UTF8.GetBytes(value)));
            if (await command.ExecuteScalarAsync() is > 0L)
                found.Add($"{table}.{column}");
        }
        return found;
    }
}
