using System.Collections;
using System.Numerics.Tensors;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Knowledge.Meaning;

/// <summary>The embedding endpoint gave no usable answer. No text is in the message.</summary>
public sealed class EmbeddingUnavailableException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>What a text means: a vector of length 1, and the signs of its numbers.</summary>
public sealed record Meant(float[] Vector, BitArray Code)
{
    /// <summary>From what a model said, of whatever length.</summary>
    public static Meant Of(ReadOnlySpan<float> said)
    {
        var vector = new float[said.Length];
        TensorPrimitives.Divide(said, Math.Max(TensorPrimitives.Norm(said), float.Epsilon), vector);
        return new(vector, new BitArray([.. vector.Select(number => number > 0)]));
    }

    /// <summary>The cosine with another vector of length 1; of no use where that has another length.</summary>
    public double Closeness(ReadOnlySpan<float> other) => other.Length == Vector.Length ? TensorPrimitives.Dot(Vector, other) : -1;
}

/// <summary>Asks the embedding model what texts mean.</summary>
public sealed class Embedder(IEmbeddingGenerator<string, Embedding<float>> generator, TimeProvider clock, IOptions<EmbeddingOptions> options)
{
    // Models take 512 tokens at least; what is beyond in a chunk seldom changes what it is about.
    private const int LongestText = 2_000;

    /// <summary>What each of some passages means, in their order.</summary>
    /// <exception cref="EmbeddingUnavailableException">There was no usable answer in time.</exception>
    public Task<IReadOnlyList<Meant>> PassagesAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) => EmbedAsync(texts, options.Value.BatchTimeout, cancellationToken);

    /// <summary>What each of some questions means, while a customer waits.</summary>
    /// <exception cref="EmbeddingUnavailableException">There was no usable answer in time.</exception>
    public Task<IReadOnlyList<Meant>> QuestionsAsync(IReadOnlyList<string> texts, CancellationToken cancellationToken) => EmbedAsync(texts, options.Value.QuestionTimeout, cancellationToken);

    private async Task<IReadOnlyList<Meant>> EmbedAsync(IReadOnlyList<string> texts, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            var said = await generator.GenerateAsync(texts.Select(Shorten), cancellationToken: either.Token);
            if (said.Count != texts.Count || said.Any(one => one.Vector.Length == 0 || one.Vector.Length != said[0].Vector.Length))
                throw new EmbeddingUnavailableException("The embedding endpoint answered something else than it was asked.");
            return [.. said.Select(one => Meant.Of(one.Vector.Span))];
        }
#pragma warning disable CA1031 // Whatever a foreign endpoint and its client library throw means the same: no answer.
        catch (Exception e) when (e is not EmbeddingUnavailableException && !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw new EmbeddingUnavailableException(Reason(e), e);
        }
    }

    private static string Shorten(string text) => text.Length <= LongestText ? text : text[..(char.IsHighSurrogate(text[LongestText - 1]) ? LongestText - 1 : LongestText)];

    // The type only: messages of client libraries quote what the endpoint answered.
    private static string Reason(Exception e) => e switch
    {
        System.ClientModel.ClientResultException { Status: > 0 } refused => $"The embedding endpoint answered {refused.Status}.",
        Polly.Timeout.TimeoutRejectedException or OperationCanceledException => "The embedding endpoint did not answer in time.",
        Polly.CircuitBreaker.BrokenCircuitException => "The embedding endpoint failed too often just now; it is left alone for a moment.",
        System.ClientModel.ClientResultException or HttpRequestException => "The embedding endpoint cannot be reached.",
        _ => $"The embedding endpoint's answer cannot be read ({e.GetType().Name}).",
    };
}
