using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Channels;

/// <summary>How the product is reached by Meta.</summary>
public sealed class ChannelOptions
{
    public const string Section = "Channels";

    /// <summary>The address under which Meta reaches the Edge, such as <c>https://bookbag.example.com</c>. Left out: the one that the card is asked under.</summary>
    [Url]
    public string? PublicUrl { get; set; }

    /// <summary>How far the clocks of this machine and of the database may be apart.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan MaxClockSkew { get; set; } = TimeSpan.FromSeconds(30);
}
