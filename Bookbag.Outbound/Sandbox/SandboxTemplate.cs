using System.ComponentModel.DataAnnotations;

namespace Bookbag.Outbound.Sandbox;

/// <summary>A template that the sandbox knows, as far as sending needs it.</summary>
public sealed record SandboxTemplate
{
    /// <summary>What every account has from the start, as at Meta.</summary>
    public static SandboxTemplate HelloWorld { get; } = new() { Name = "hello_world", Language = "en_US" };

    /// <summary>The name that sends ask for.</summary>
    [Required, RegularExpression("^[a-z0-9_]{1,512}$")]
    public required string Name { get; init; }

    /// <summary>The language code, such as <c>en_US</c>.</summary>
    [Required]
    public required string Language { get; init; }

    /// <summary>The pricing category.</summary>
    [RegularExpression("^(marketing|utility|authentication)$")]
    public string Category { get; init; } = "utility";

    /// <summary>Only APPROVED can be sent.</summary>
    [Required]
    public string Status { get; init; } = "APPROVED";

    /// <summary>What the header takes.</summary>
    public Parameters HeaderParameters { get; init; } = new();

    /// <summary>What the body takes.</summary>
    public Parameters BodyParameters { get; init; } = new();

    /// <summary>The labels of its quick replies.</summary>
    public IReadOnlyList<string> QuickReplies { get; init; } = [];

    /// <summary>The parameters of a component.</summary>
    public sealed record Parameters
    {
        /// <summary>How many positional ones there are.</summary>
        [Range(0, 100)]
        public int Positional { get; init; }

        /// <summary>The names of the named ones, in any order; null where they are positional.</summary>
        public IReadOnlyList<string>? Names { get; init; }

        /// <summary>The kind of media of a media header, such as <c>image</c>: it counts as one parameter though the definition has no variable.</summary>
        public string? Media { get; init; }

        internal int Count => Media is not null ? 1 : Names?.Count ?? Positional;
    }
}
