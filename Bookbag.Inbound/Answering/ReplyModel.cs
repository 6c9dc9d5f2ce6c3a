using Bookbag.Inbound.Knowledge;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Answering;

/// <summary>The model gave no usable answer: it is down, slow, over quota, or says nonsense. Nothing of the conversation is in the message.</summary>
public sealed class ModelUnavailableException(string reason, Exception? inner = null) : Exception(reason, inner);

/// <summary>What the model makes of a question.</summary>
public abstract record ModelReply
{
    private ModelReply() { }

    /// <summary>It answers.</summary>
    public sealed record Said(string Text) : ModelReply;

    /// <summary>It finds no answer in the passages.</summary>
    public sealed record NoAnswer : ModelReply;

    /// <summary>It asks for a person.</summary>
    /// <param name="Reason">Why, in its own words; empty where it gave none.</param>
    public sealed record HandOver(string Reason) : ModelReply;
}

/// <summary>Has the model word a reply from passages.</summary>
public sealed class ReplyModel(IChatClient client, IOptions<ModelOptions> options)
{
    private const int LongestReason = 300;

    /// <summary>A reply that is longer ignored its rules; it is cut at a sentence.</summary>
    public const int LongestReply = 1_500;

    /// <summary>The model's reply.</summary>
    /// <exception cref="ModelUnavailableException">There was no usable answer in time.</exception>
    public async Task<ModelReply> ReplyAsync(Question question, AgentSettings settings, IReadOnlyList<ScoredPassage> passages, CancellationToken cancellationToken)
    {
        var chat = new ChatOptions { Temperature = options.Value.Temperature, MaxOutputTokens = options.Value.MaxOutputTokens };
        // All that the model can do besides talking: whatever a text talks it into, the worst is that a person looks at the conversation.
        if (options.Value.MayHandOver)
            chat.Tools = [ReplyPrompt.HandOver];
        string said;
        try
        {
            var response = await client.GetResponseAsync(ReplyPrompt.For(question, settings, passages), chat, cancellationToken);
            if (response.FinishReason == ChatFinishReason.ContentFilter)
                throw new ModelUnavailableException("The model's content filter refused.");
            if (response.Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>().FirstOrDefault(call => call.Name == ReplyPrompt.HandOver.Name) is { } call)
                return new ModelReply.HandOver(ReasonOf(call));
            said = PlainText.Clean(response.Text);
        }
#pragma warning disable CA1031 // Whatever a foreign endpoint and its client library throw (time-outs, refusals, unreadable answers) means the same: no answer.
        catch (Exception e) when (e is not ModelUnavailableException && !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw new ModelUnavailableException(Reason(e), e);
        }

        if (said.Length == 0)
            throw new ModelUnavailableException("The model said nothing.");
        return said.Contains(ReplyPrompt.NoAnswer, StringComparison.OrdinalIgnoreCase) ? new ModelReply.NoAnswer() : new ModelReply.Said(Bound(said));
    }

    private static string ReasonOf(FunctionCallContent call)
    {
        object? given = null;
        call.Arguments?.TryGetValue(ReplyPrompt.HandOverReason, out given);
        var reason = PlainText.Clean(given?.ToString()).ReplaceLineEndings(" ");
        return reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…";
    }

    // The type only: messages of client libraries quote what the endpoint answered.
    private static string Reason(Exception e) => e switch
    {
        System.ClientModel.ClientResultException { Status: > 0 } refused => $"The model answered {refused.Status}.",
        Polly.Timeout.TimeoutRejectedException or OperationCanceledException => "The model did not answer in time.",
        Polly.CircuitBreaker.BrokenCircuitException => "The model failed too often just now; it is left alone for a moment.",
        System.ClientModel.ClientResultException or HttpRequestException => "The model cannot be reached.",
        _ => $"The model's answer cannot be read ({e.GetType().Name}).",
    };

    private static string Bound(string said)
    {
        if (said.Length <= LongestReply)
            return said;
        var sentences = Sentences.Of(said);
        var last = sentences.FindLastIndex(sentence => sentence.End.Value <= LongestReply);
        return last >= 0 ? said[..sentences[last].End.Value] : throw new ModelUnavailableException("The model's answer has no end.");
    }
}
