using System.Text.RegularExpressions;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Models;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Answering;

/// <summary>What the model makes of a question.</summary>
public abstract record ModelReply
{
    private ModelReply() { }

    /// <summary>It answers; whether with what the passages say is still to be checked (<see cref="ReplyCheck"/>).</summary>
    /// <param name="Text">What it says, the numbers of passages in brackets included.</param>
    /// <param name="IsCutShort">Whether it was cut in the middle of a sentence.</param>
    public sealed record Said(string Text, bool IsCutShort) : ModelReply;

    /// <summary>It gives no answer that could be sent.</summary>
    /// <param name="Why">Why not, for the team.</param>
    public sealed record NoAnswer(string Why) : ModelReply;

    /// <summary>It asks for a person.</summary>
    /// <param name="Reason">Why, in its own words; empty where it gave none.</param>
    public sealed record HandOver(string Reason) : ModelReply;
}

/// <summary>Has the model word a reply from passages.</summary>
public sealed partial class ReplyModel(ChatModel model, IOptions<ModelOptions> options)
{
    private const int LongestReason = 300;

    /// <summary>A reply that is longer ignored its rules; it is cut where a reader would pause. So it always fits one message.</summary>
    public const int LongestReply = 1_500;

    /// <summary>The model's reply.</summary>
    /// <exception cref="ModelUnavailableException">There was no usable answer in time.</exception>
    public async Task<ModelReply> ReplyAsync(Question question, AgentSettings settings, IReadOnlyList<Passage> passages, CancellationToken cancellationToken)
    {
        // All that the model can do besides talking: whatever a text talks it into, the worst is that a person looks at the conversation.
        var tool = options.Value.MayHandOver ? ReplyPrompt.Escalate : null;
        var response = await model.AskAsync(ModelPurpose.Reply, ReplyPrompt.For(question, settings, passages), tool, cancellationToken);

        var contents = response.Messages.SelectMany(message => message.Contents).ToList();
        var calls = contents.OfType<FunctionCallContent>().ToList();
        if (tool is not null && calls.Find(call => call.Name == tool.Name) is { } escalation)
            return new ModelReply.HandOver(ReasonOf(escalation));
        if (response.FinishReason == ChatFinishReason.ContentFilter)
            return new ModelReply.NoAnswer("The model's content filter kept its answer back.");
        if (contents.OfType<ErrorContent>().Any())
            return new ModelReply.NoAnswer("The model declined to answer.");

        var said = PlainText.Clean(Thoughts().Replace(response.Text, ""));
        if (said.Length == 0 && calls.Count > 0)
            return new ModelReply.NoAnswer("The model called for something that it does not have.");
        if (said.Length == 0)
            throw new ModelUnavailableException("The model said nothing.");
        if (said.Contains(ReplyPrompt.NoAnswer, StringComparison.OrdinalIgnoreCase))
            return new ModelReply.NoAnswer("The model found no answer in the passages.");
        return said.Length <= LongestReply
            ? new ModelReply.Said(said, response.FinishReason == ChatFinishReason.Length)
            : new ModelReply.Said(MessageText.Split(said, LongestReply)[0], false);
    }

    private static string ReasonOf(FunctionCallContent call)
    {
        object? given = null;
        call.Arguments?.TryGetValue(ReplyPrompt.EscalationReason, out given);
        var reason = PlainText.Clean(given?.ToString()).ReplaceLineEndings(" ");
        return reason.Length <= LongestReason ? reason : reason[..LongestReason] + "…";
    }

    // Some models think aloud, and their endpoints let it through; one that was cut while thinking said nothing.
    [GeneratedRegex(@"^\s*<think(?:ing)?>.*?(?:</think(?:ing)?>|$)", RegexOptions.Singleline | RegexOptions.IgnoreCase)]
    private static partial Regex Thoughts();
}
