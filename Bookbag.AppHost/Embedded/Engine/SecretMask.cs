using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;

namespace Bookbag.AppHost.Embedded;

/// <summary>Hides the secrets that the engine knows, and what has the name of one.</summary>
internal sealed partial class SecretMask(IEnumerable<string> secrets)
{
    private const string Hidden = "••••••";
    private readonly string[] _secrets = [.. secrets.Where(secret => secret.Length > 0).SelectMany(secret => new[] { secret, Uri.EscapeDataString(secret) }).Distinct()];

    /// <summary>The passwords of the servers and the secret parameters of a model that runs.</summary>
    public static SecretMask Of(DistributedApplicationModel model) => new(model.Resources
        .Select(resource => resource switch
        {
            PostgresServerResource postgres => postgres.PasswordParameter,
            RedisResource redis => redis.PasswordParameter,
            ParameterResource parameter => parameter,
            _ => null,
        })
        .Where(parameter => parameter is { Secret: true })
        .Select(parameter => parameter!.Value));

    public string InText(string text) => _secrets.Aggregate(text, (masked, secret) => masked.Replace(secret, Hidden, StringComparison.Ordinal));

    public string InVariable(string name, string? value) => SecretName().IsMatch(name) ? Hidden : InText(value ?? "");

    [GeneratedRegex("PASSWORD|SECRET|TOKEN|API_?KEY|OTLP_HEADERS", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();
}
