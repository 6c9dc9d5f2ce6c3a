using System.Net.Http.Headers;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>What an agent answers from, how it behaves, and what it could not answer.</summary>
public sealed class KnowledgeClient(ApiClient api)
{
    public Task<Page<SourceItem>> SourcesAsync(Guid agentId, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<SourceItem>>(ApiClient.Query(Sources(agentId), ("cursor", cursor)), cancellationToken);

    public Task<SourceDetails> SourceAsync(Guid agentId, Guid id, CancellationToken cancellationToken) =>
        api.GetAsync<SourceDetails>($"{Sources(agentId)}/{id}", cancellationToken);

    public Task AddAsync(Guid agentId, SourceDraft source, CancellationToken cancellationToken) => api.PostAsync(Sources(agentId), source, cancellationToken);

    public Task RewriteAsync(Guid agentId, Guid id, SourceDraft source, CancellationToken cancellationToken) =>
        api.PutAsync<SourceDetails>($"{Sources(agentId)}/{id}", source, cancellationToken);

    /// <summary>Reads a website or file again; what was learnt before answers until the new is in place.</summary>
    public Task TrainAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Sources(agentId)}/{id}/train", null, cancellationToken);

    public Task RemoveAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.DeleteAsync($"{Sources(agentId)}/{id}", cancellationToken);

    /// <summary>Uploads a file as a source.</summary>
    public async Task UploadAsync(Guid agentId, string fileName, string contentType, Stream content, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent();
        var file = new StreamContent(content);
        if (MediaTypeHeaderValue.TryParse(contentType, out var type))
            file.Headers.ContentType = type;
        form.Add(file, "file", fileName);
        await api.PostFormAsync<SourceItem>(Sources(agentId), form, cancellationToken);
    }

    /// <summary>What the agent would answer; nothing is sent to anybody.</summary>
    public Task<AgentAnswer> AskAsync(Guid agentId, string question, CancellationToken cancellationToken) =>
        api.PostAsync<AgentAnswer>($"/api/agents/{agentId}/ask", new { question }, cancellationToken);

    public Task<AgentBehaviour> BehaviourAsync(Guid agentId, CancellationToken cancellationToken) =>
        api.GetAsync<AgentBehaviour>($"/api/agents/{agentId}/settings", cancellationToken);

    public Task<AgentBehaviour> BehaveAsync(Guid agentId, AgentBehaviour behaviour, CancellationToken cancellationToken) =>
        api.PutAsync<AgentBehaviour>($"/api/agents/{agentId}/settings", behaviour, cancellationToken);

    public Task<Page<GapItem>> GapsAsync(Guid agentId, string status, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<GapItem>>(ApiClient.Query(Gaps(agentId), ("status", status), ("cursor", cursor)), cancellationToken);

    public Task<GapItem> GapAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.GetAsync<GapItem>($"{Gaps(agentId)}/{id}", cancellationToken);

    public Task AnswerGapAsync(Guid agentId, Guid id, string question, string answer, CancellationToken cancellationToken) =>
        api.PostAsync($"{Gaps(agentId)}/{id}/answer", new { question, answer }, cancellationToken);

    public Task DismissGapAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Gaps(agentId)}/{id}/dismiss", null, cancellationToken);

    private static string Sources(Guid agentId) => $"/api/agents/{agentId}/sources";

    private static string Gaps(Guid agentId) => $"/api/agents/{agentId}/gaps";
}

/// <summary>A source in the list.</summary>
/// <param name="Type"><c>qa</c>, <c>text</c>, <c>website</c> or <c>file</c>.</param>
/// <param name="Url">Of a website: where reading begins.</param>
/// <param name="Status"><c>waiting</c>, <c>training</c>, <c>trained</c> or <c>failed</c>.</param>
/// <param name="Problem">What went wrong last, in words.</param>
public sealed record SourceItem(
    Guid Id, string Type, string Name, int Characters, DateTimeOffset UpdatedAt, string? Url = null, string? Status = null, string? Problem = null, SourceProgress? Progress = null);

/// <summary>How far a source is.</summary>
public sealed record SourceProgress(int PagesDone, int PagesAll, int ChunksDone, int ChunksAll);

/// <summary>A source in full.</summary>
public sealed record SourceDetails(Guid Id, string Type, string Name, string? Text, string? Question, string? Answer);

/// <summary>A source as it is written; which fields it has depends on its type.</summary>
public sealed record SourceDraft(string Type, string? Question = null, string? Answer = null, string? Name = null, string? Text = null, string? Url = null);

/// <summary>What the agent would answer, and why.</summary>
/// <param name="Outcome">How the answer came about: <c>answered</c>, <c>verbatim</c>, <c>extract</c>, <c>greeting</c>, <c>unsure</c>, <c>handoff</c>, <c>contact</c>.</param>
public sealed record AgentAnswer(string Answer, double Score, IReadOnlyList<AnswerCitation> Citations, string Outcome, string Why, string Rule, double Threshold);

/// <summary>A passage that an answer rests on.</summary>
public sealed record AnswerCitation(Guid SourceId, string SourceName, string Passage, double Score);

/// <summary>How an agent behaves.</summary>
/// <param name="Behaviour">Under the threshold: <c>unsure</c>, <c>handoff</c> or <c>contact</c>.</param>
/// <param name="UnreadableBehaviour">With what it cannot read: <c>unsure</c> or <c>handoff</c>.</param>
public sealed record AgentBehaviour(double Threshold, string Behaviour, string Greeting, string Thanks, string Unsure, string Handoff, string Contact, string Instructions,
    string Unreadable, string UnreadableBehaviour);

/// <summary>A topic that customers asked about and the sources do not cover.</summary>
public sealed record GapItem(Guid Id, string Question, long Questions, DateTimeOffset FirstAt, DateTimeOffset LastAt, string Status, Guid? SourceId, string? SettledBy,
    IReadOnlyList<GapExample>? Examples);

/// <summary>A question as a customer asked it.</summary>
public sealed record GapExample(Guid ConversationId, string Text, float Score, DateTimeOffset AskedAt);
