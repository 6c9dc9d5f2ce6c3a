using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>Reads <c>Authorization: Bearer oc_live_…</c>. Every request asks the database, so a key that is taken back opens nothing from that moment on.</summary>
public sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, NpgsqlDataSource dataSource)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    /// <summary>The scheme's name.</summary>
    public const string SchemeName = "ApiKey";

    /// <summary>What a refusal says of how to sign in.</summary>
    internal const string Challenge = "Bearer";

    private const string Bearer = "Bearer ";

    // Served by the unique index on hash. Comparing hashes in the index tells an attacker nothing about a key.
    private const string Find = """
        SELECT id, workspace_id, agent_id, role, name, last_used_at IS NULL OR last_used_at < @now - interval '1 minute' AS stale
        FROM platform.api_keys
        WHERE hash = @hash AND revoked_at IS NULL
        """;

    // At most once a minute whatever the traffic: the row is read on every request and should not be written on every one.
    private const string Use = """
        UPDATE platform.api_keys SET last_used_at = @now
        WHERE id = @id AND (last_used_at IS NULL OR last_used_at < @now - interval '1 minute')
        """;

    /// <summary>Whether a request brings a bearer token, and this scheme speaks for it.</summary>
    public static bool Reads(HttpRequest request) => request.Headers.Authorization.ToString().StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc />
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!Reads(Request))
            return AuthenticateResult.NoResult();
        var secret = Request.Headers.Authorization.ToString()[Bearer.Length..].Trim();
        if (!secret.StartsWith(ApiKey.Prefix, StringComparison.Ordinal))
            return AuthenticateResult.Fail("Not an API key.");

        if (await FindAsync(secret) is not { } caller)
            return AuthenticateResult.Fail("Unknown API key.");
        var identity = new ClaimsIdentity(CallerClaims.Of(caller), SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }

    /// <inheritdoc />
    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = Challenge;
        return base.HandleChallengeAsync(properties);
    }

    private async Task<Caller?> FindAsync(string secret)
    {
        var now = TimeProvider.GetUtcNow();
        Caller caller;
        await using (var find = dataSource.CreateCommand(Find))
        {
            find.Parameters.AddWithValue("hash", SecretProtector.Hash(secret));
            find.Parameters.AddWithValue("now", now);
            await using var row = await find.ExecuteReaderAsync(Context.RequestAborted);
            if (!await row.ReadAsync(Context.RequestAborted))
                return null;
            caller = new Caller(
                row.GetGuid(1), await row.IsDBNullAsync(2, Context.RequestAborted) ? null : row.GetGuid(2),
                Enum.Parse<Role>(row.GetString(3), ignoreCase: true), row.GetGuid(0), row.GetString(4));
            if (!row.GetBoolean(5))
                return caller;
        }

        await using var use = dataSource.CreateCommand(Use);
        use.Parameters.AddWithValue("id", caller.ActorId);
        use.Parameters.AddWithValue("now", now);
        await use.ExecuteNonQueryAsync(Context.RequestAborted);
        return caller;
    }
}
