using System.ComponentModel.DataAnnotations;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>How Meta's Graph API is reached.</summary>
public sealed class GraphOptions
{
    /// <summary>The section of the configuration.</summary>
    public const string Section = "Graph";

    /// <summary>Where Meta's Graph API is.</summary>
    public const string Host = "graph.facebook.com";

    /// <summary>The name of the built-in double of the Cloud API, resolved by service discovery.</summary>
    public const string SandboxHost = "sandbox";

    private static readonly string[] MediaDomains = ["fbsbx.com", "facebook.com", "whatsapp.net"];

    /// <summary>The version of the Graph API that messages to people suggest; each number's send URL names its own.</summary>
    [Required, RegularExpression(@"^v\d{1,2}\.\d{1,2}$")]
    public string DefaultVersion { get; set; } = "v25.0";

    /// <summary>Hosts beside <see cref="Host"/> that may be sent an access token, over HTTPS: a forwarding proxy of one's own. Default: none.</summary>
    public string[] ExtraHosts { get; set; } = [];

    /// <summary>
    /// Whether this machine and the sandbox may stand in for Meta, over plain HTTP. The environment decides, true in Development
    /// alone; what a configuration says is overruled.
    /// </summary>
    public bool AllowLocal { get; set; }

    /// <summary>How long a message may take until its outcome counts as unknown. Default: 30 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan SendTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long any other call may take. Default: 15 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a file may take, up or down. Default: 2 minutes.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan MediaTimeout { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>How long a connection may take to open. Default: 5 seconds.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Connections open to a host at most. Meta answers in up to a second, so this is about how many messages a second can leave:
    /// 1,000 is the highest throughput that Meta gives. Default: 1,000.
    /// </summary>
    [Range(1, 10_000)]
    public int MaxConnections { get; set; } = 1_000;

    /// <summary>Whether an access token may be sent there.</summary>
    public bool Allows(Uri? uri)
    {
        if (uri is not { IsAbsoluteUri: true } || uri.UserInfo.Length > 0)
            return false;
        if (uri.Scheme == Uri.UriSchemeHttps && uri.IsDefaultPort && (IsHost(uri, Host) || Array.Exists(ExtraHosts, host => IsHost(uri, host))))
            return true;
        return AllowLocal && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps) && (uri.IsLoopback || IsHost(uri, SandboxHost));
    }

    /// <summary>Whether an access token may be sent there for a file: Meta's hosts for files, beside those of the Graph API.</summary>
    public bool AllowsMedia(Uri? uri) =>
        Allows(uri) || (uri is { IsAbsoluteUri: true, UserInfo.Length: 0, IsDefaultPort: true } && uri.Scheme == Uri.UriSchemeHttps
            && Array.Exists(MediaDomains, domain => IsHost(uri, domain) || uri.IdnHost.EndsWith($".{domain}", StringComparison.OrdinalIgnoreCase)));

    private static bool IsHost(Uri uri, string host) => string.Equals(uri.IdnHost, host, StringComparison.OrdinalIgnoreCase);
}
