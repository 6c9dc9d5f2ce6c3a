using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Answering;

/// <summary>The chat model that words the answers: any endpoint that speaks OpenAI's chat completions. Without one the agent answers with extracts.</summary>
public sealed class ModelOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Model";

    /// <summary>The API's base address, e.g. <c>https://api.openai.com/v1</c> or <c>http://localhost:11434/v1</c>. Empty: no model.</summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The model's name at that endpoint.</summary>
    public string? Name { get; set; }

    /// <summary>The key; empty for an endpoint that asks for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Low: the same question is to get the same answer. Empty for models that take none.</summary>
    [Range(0.0, 2.0)]
    public float? Temperature { get; set; } = 0.2f;

    /// <summary>The longest answer, in tokens.</summary>
    [Range(16, 4_096)]
    public int MaxOutputTokens { get; set; } = 500;

    /// <summary>Whether the model is given the tool with which it asks for a person; not every model takes tools.</summary>
    public bool MayHandOver { get; set; } = true;

    /// <summary>How long one call may take. A customer waits: a model that needs longer is down.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:02:00")]
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How long all calls for one answer may take, waits between them included.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan TotalTimeout { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How often a call that failed is made again at once; the turn worker tries again later besides.</summary>
    [Range(0, 5)]
    public int Retries { get; set; } = 1;

    /// <summary>The wait before the first retry where the endpoint does not say how long.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Whether there is a model.</summary>
    public bool IsConfigured => Endpoint is not null;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint is null && !string.IsNullOrEmpty(Name))
            yield return new ValidationResult("Model:Name is set without Model:Endpoint: set both, or neither.", [nameof(Endpoint)]);
        if (Endpoint is not null && string.IsNullOrWhiteSpace(Name))
            yield return new ValidationResult("Model:Endpoint is set without Model:Name: say which model answers.", [nameof(Name)]);
        if (Endpoint is not null && (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https")))
            yield return new ValidationResult("Model:Endpoint is not an http or https address.", [nameof(Endpoint)]);
        if (TotalTimeout < AttemptTimeout)
            yield return new ValidationResult("Model:TotalTimeout is shorter than Model:AttemptTimeout.", [nameof(TotalTimeout)]);
    }
}
