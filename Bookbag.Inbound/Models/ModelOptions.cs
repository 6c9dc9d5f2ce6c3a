using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Models;

/// <summary>What an endpoint speaks.</summary>
public enum ModelKind
{
    /// <summary>OpenAI's chat completions, as most endpoints speak them.</summary>
    OpenAI,

    /// <summary>The same as Azure serves it: a deployment's address, an <c>api-key</c> header, an API version.</summary>
    AzureOpenAI,

    /// <summary>Ollama's own API.</summary>
    Ollama,
}

/// <summary>What a model takes besides words.</summary>
[Flags]
public enum ModelInputs
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Pictures.</summary>
    Image = 1,

    /// <summary>Recordings.</summary>
    Audio = 2,
}

/// <summary>The chat model that words answers and summaries, and reads pictures and voice notes. Without one the agent answers with extracts.</summary>
public sealed class ModelOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Model";

    /// <summary>What the endpoint speaks: <c>OpenAI</c>, <c>AzureOpenAI</c> or <c>Ollama</c>.</summary>
    public ModelKind Kind { get; set; } = ModelKind.OpenAI;

    /// <summary>
    /// The API's base address: <c>https://api.openai.com/v1</c>, <c>https://{resource}.openai.azure.com</c>, <c>http://localhost:11434</c>. Empty: no model.
    /// </summary>
    public Uri? Endpoint { get; set; }

    /// <summary>The model's name at that endpoint; with Azure the deployment's.</summary>
    public string? Name { get; set; }

    /// <summary>The key; empty for an endpoint that asks for none.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Azure's version of the API.</summary>
    public string ApiVersion { get; set; } = "2024-10-21";

    /// <summary>Whether the endpoint may be spoken to without TLS though it is on another machine: what customers write goes over the network for all to read then.</summary>
    public bool AllowHttp { get; set; }

    /// <summary>What the model takes besides words: <c>image</c>, <c>audio</c>. What it reads in them counts as the customer's words.</summary>
    public ModelInputs Accepts { get; set; }

    /// <summary>The model at the same endpoint that writes down voice notes, where it is another one than <see cref="Name"/>: <c>whisper-1</c>. Not with Ollama.</summary>
    public string? TranscriptionName { get; set; }

    /// <summary>Low: the same question is to get the same answer. Empty for models that take none.</summary>
    [Range(0.0, 2.0)]
    public float? Temperature { get; set; } = 0.2f;

    /// <summary>The longest answer, in tokens; one that thinks aloud needs more. Empty for endpoints that take no limit.</summary>
    [Range(16, 32_768)]
    public int? MaxOutputTokens { get; set; } = 500;

    /// <summary>Whether the model is given the tool with which it asks for a person; not every model takes tools.</summary>
    public bool MayHandOver { get; set; } = true;

    /// <summary>Whether answers are taken piece by piece, which tells a model that thinks from one that hangs; not every endpoint does that.</summary>
    public bool Streams { get; set; } = true;

    /// <summary>How long the next piece of an answer may take, the first one included. Does nothing without <see cref="Streams"/>.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:02:00")]
    public TimeSpan IdleTimeout { get; set; } = TimeSpan.FromSeconds(10);

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

    /// <summary>How long a model that fails half of its calls is left alone; its questions are tried again later meanwhile.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RestFor { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>What a million tokens cost that go to the model; only for the metric.</summary>
    [Range(0.0, 100_000.0)]
    public double InputPricePerMillion { get; set; }

    /// <summary>What a million tokens cost that come from it.</summary>
    [Range(0.0, 100_000.0)]
    public double OutputPricePerMillion { get; set; }

    /// <summary>The currency of both prices.</summary>
    [Required]
    public string Currency { get; set; } = "USD";

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Endpoint is null)
        {
            if (!string.IsNullOrEmpty(Name) || !string.IsNullOrEmpty(ApiKey))
                yield return Wrong("Model:Name or Model:ApiKey is set without Model:Endpoint: set the endpoint too, or none of them for an agent without a model.", nameof(Endpoint));
            yield break;
        }
        if (string.IsNullOrWhiteSpace(Name))
            yield return Wrong("Model:Endpoint is set without Model:Name: say which model answers; with Azure its deployment.", nameof(Name));
        if (!Endpoint.IsAbsoluteUri || Endpoint.Scheme is not ("http" or "https"))
            yield return Wrong("Model:Endpoint is not an http or https address.", nameof(Endpoint));
        else if (Endpoint.Scheme == "http" && !Endpoint.IsLoopback && !AllowHttp)
            yield return Wrong("Model:Endpoint is another machine's over http, and what customers write would go there for all to read: use https, or set Model:AllowHttp=true inside a network of your own.", nameof(Endpoint));
        else if (Endpoint.UserInfo.Length > 0 || Endpoint.Query.Length > 0 || Endpoint.Fragment.Length > 0)
            yield return Wrong("Model:Endpoint is to be a base address alone: the key belongs in Model:ApiKey, Azure's version in Model:ApiVersion.", nameof(Endpoint));
        if (Kind == ModelKind.AzureOpenAI && (string.IsNullOrWhiteSpace(ApiKey) || string.IsNullOrWhiteSpace(ApiVersion)))
            yield return Wrong("Model:Kind is AzureOpenAI: set Model:ApiKey and Model:ApiVersion.", nameof(ApiKey));
        if (Kind == ModelKind.Ollama && (Accepts.HasFlag(ModelInputs.Audio) || !string.IsNullOrEmpty(TranscriptionName)))
            yield return Wrong("Model:Kind is Ollama, which takes no recordings: leave audio out of Model:Accepts, and Model:TranscriptionName empty.", nameof(Accepts));
        if (AttemptTimeout < IdleTimeout)
            yield return Wrong("Model:AttemptTimeout is shorter than Model:IdleTimeout.", nameof(AttemptTimeout));
        if (TotalTimeout < AttemptTimeout)
            yield return Wrong("Model:TotalTimeout is shorter than Model:AttemptTimeout.", nameof(TotalTimeout));
    }

    private static ValidationResult Wrong(string message, string member) => new(message, [member]);
}
