using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Bookbag.Outbound.Sandbox;

/// <summary>What every Graph call is asked first: a version that can be, a token that is valid, an object that exists.</summary>
internal sealed class GraphCall(SandboxState state, Faults faults, SandboxStats stats, SandboxOptions options, TimeProvider clock)
{
    private readonly byte[] _token = Encoding.UTF8.GetBytes(options.AccessToken);

    /// <summary>The number that a call names.</summary>
    public bool TryNumber(HttpContext http, string version, string id, [NotNullWhen(true)] out SandboxNumber? number, [NotNullWhen(false)] out GraphRefusal? refusal)
    {
        number = null;
        refusal = CheckVersion(http, version) ?? CheckToken(http, id);
        if (refusal is not null)
            return false;
        lock (state.Gate)
            number = state.Number(id);
        refusal = number is null ? GraphRefusal.UnknownObject(Method(http), id) : null;
        return number is not null;
    }

    /// <summary>The account that a call names; it is known once one of its numbers is.</summary>
    public bool TryAccount(HttpContext http, string version, string id, [NotNullWhen(true)] out SandboxAccount? account, [NotNullWhen(false)] out GraphRefusal? refusal)
    {
        account = null;
        refusal = CheckVersion(http, version) ?? CheckToken(http, id);
        if (refusal is not null)
            return false;
        lock (state.Gate)
            state.TryAccount(id, out account);
        refusal = account is null ? GraphRefusal.UnknownObject(Method(http), id) : null;
        return account is not null;
    }

    /// <summary>Refuses a call without a valid token.</summary>
    public GraphRefusal? CheckToken(HttpContext http, string? phoneNumberId = null)
    {
        var header = http.Request.Headers.Authorization.ToString();
        if (!header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
            return GraphRefusal.NoToken;
        if (!CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header[7..].Trim()), _token))
            return GraphRefusal.WrongToken;
        return faults.For(phoneNumberId).ExpiredToken ? GraphRefusal.ExpiredToken : null;
    }

    /// <summary>Lets latency and faults happen to a call that is not a send.</summary>
    /// <returns>Whether the call is over.</returns>
    public async Task<bool> FaultAsync(HttpContext http, SandboxNumber number)
    {
        var latency = faults.DrawLatency(number.Id);
        if (latency > TimeSpan.Zero)
            await Task.Delay(latency, clock, http.RequestAborted);
        return await FaultAnswer.TryAsync(http, faults.DrawCall(number.Id), state, stats);
    }

    public Task RefuseAsync(HttpContext http, GraphRefusal refusal)
    {
        stats.Refused(refusal.Code);
        return GraphAnswer.RefuseAsync(http.Response, refusal, state.Ids.Trace());
    }

    /// <summary>The number in <c>v25.0</c>; null where it is not a version.</summary>
    public static decimal? Version(string version) =>
        version.Length > 3 && version[0] == 'v' && version.Contains('.', StringComparison.Ordinal)
        && decimal.TryParse(version.AsSpan(1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static GraphRefusal? CheckVersion(HttpContext http, string version) => Version(version) is not null ? null
        : new GraphRefusal(404, 2500, $"Unknown path components: {http.Request.Path}") { Prefixed = false };

    private static string Method(HttpContext http) => http.Request.Method.ToLowerInvariant();
}
