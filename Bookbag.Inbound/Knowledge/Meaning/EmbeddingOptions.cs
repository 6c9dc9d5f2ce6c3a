using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Knowledge.Meaning;

/// <summary>
/// The embedding model by which passages are found that say the same in other words or in another language: any endpoint that speaks OpenAI's embeddings.
/// Without one passages are found by their words alone.
/// </summary>
public sealed class EmbeddingOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Embedding";

    /// <summary>The API's base address, e.g. <c>https://api.openai.com/v1</c> or <c>http://localhost:11434/v1</c>. Empty: none.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The model's name at that endpoint. When it changes, everything is embedded anew.</summary>
    public string? Name { get; set; }

    /// <summary>The key; empty for an endpoint that asks for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How many numbers a vector has, for models that can be asked for fewer; empty for the model's own length.</summary>
    [Range(8, 4_096)]
    public int? Dimensions { get; set; }

    /// <summary>
    /// The cosine from which on a passage and a question have something in common, and that from which on they mean the same: grounding by meaning runs from
    /// 0 to 1 between the two. Models differ; <c>bench retrieval</c> shows how yours does.
    /// </summary>
    [Range(-1.0, 1.0)]
    public double Unrelated { get; set; } = 0.2;

    /// <inheritdoc cref="Unrelated"/>
    [Range(-1.0, 1.0)]
    public double Same { get; set; } = 0.6;

    /// <summary>How many texts are sent at a time.</summary>
    [Range(1, 512)]
    public int BatchSize { get; set; } = 64;

    /// <summary>How long a batch of passages may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:02:00")]
    public TimeSpan BatchTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a question may take; after that it is looked up by its words alone. A customer waits.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:00:30")]
    public TimeSpan QuestionTimeout { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>Whether there is a model.</summary>
    public bool IsConfigured => Endpoint is not null;

    /// <summary>What vectors are kept under: those of another model, or of another length, do not compare.</summary>
    public string Model => Dimensions is { } dimensions ? $"{Name}@{dimensions}" : Name ?? "";

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint is null && !string.IsNullOrEmpty(Name))
            yield return new ValidationResult("Embedding:Name is set without Embedding:Endpoint: set both, or neither.", [nameof(Endpoint)]);
        if (Endpoint is not null && string.IsNullOrWhiteSpace(Name))
            yield return new ValidationResult("Embedding:Endpoint is set without Embedding:Name: say which model.", [nameof(Name)]);
        if (Endpoint is not null && (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https")))
            yield return new ValidationResult("Embedding:Endpoint is not an http or https address.", [nameof(Endpoint)]);
        if (Same <= Unrelated)
            yield return new ValidationResult("Embedding:Same must be more than Embedding:Unrelated.", [nameof(Same)]);
    }
}
