using System.Net.Http.Headers;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>Conversations and their tickets: reading them, and what people do in them.</summary>
public sealed class InboxClient(ApiClient api)
{
    private const string Conversations = "/api/conversations", Tickets = "/api/tickets";

    /// <summary>Tickets, the one in which something happened last first.</summary>
    public Task<Page<TicketItem>> TicketsAsync(Guid agentId, string view, string? status, string? search, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<TicketItem>>(ApiClient.Query(Tickets, ("agentId", agentId.ToString()), ("view", view), ("status", status), ("search", search), ("cursor", cursor)), cancellationToken);

    /// <summary>Conversations, the one with the latest message first.</summary>
    public Task<Page<ConversationItem>> ConversationsAsync(Guid agentId, string? mode, string? search, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<ConversationItem>>(ApiClient.Query(Conversations, ("agentId", agentId.ToString()), ("mode", mode), ("search", search), ("cursor", cursor)), cancellationToken);

    public Task<ConversationItem> ConversationAsync(Guid id, CancellationToken cancellationToken) => api.GetAsync<ConversationItem>($"{Conversations}/{id}", cancellationToken);

    /// <summary>Messages, the latest first.</summary>
    public Task<Page<MessageItem>> MessagesAsync(Guid id, string? cursor, int limit, CancellationToken cancellationToken) =>
        api.GetAsync<Page<MessageItem>>(
            ApiClient.Query($"{Conversations}/{id}/messages", ("latest", "true"), ("cursor", cursor), ("limit", $"{limit}")), cancellationToken);

    /// <summary>The latest tickets of a conversation.</summary>
    public Task<Page<TicketItem>> TicketsOfAsync(Guid conversationId, int limit, CancellationToken cancellationToken) =>
        api.GetAsync<Page<TicketItem>>(ApiClient.Query(Tickets, ("conversationId", conversationId.ToString()), ("limit", $"{limit}")), cancellationToken);

    public Task<Page<TimelineEntry>> TimelineAsync(Guid ticketId, CancellationToken cancellationToken) =>
        api.GetAsync<Page<TimelineEntry>>($"{Tickets}/{ticketId}/timeline?limit=200", cancellationToken);

    /// <summary>Marks what the customer wrote as read by the member.</summary>
    public Task LookAsync(Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Conversations}/{id}/look", null, cancellationToken);

    public Task TakeOverAsync(Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Conversations}/{id}/takeover", null, cancellationToken);

    public Task ResumeAsync(Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Conversations}/{id}/resume", null, cancellationToken);

    /// <summary>Writes to the customer. The same key again is the same message.</summary>
    public Task WriteAsync(Guid id, string key, string text, Guid? replyTo, CancellationToken cancellationToken) =>
        SendAsync(id, key, JsonContent.Create(new { type = "text", text, replyTo }), cancellationToken);

    /// <summary>Sends an approved template.</summary>
    public Task SendTemplateAsync(Guid id, string key, Guid templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken) =>
        SendAsync(id, key, JsonContent.Create(new { type = "template", templateId, variables }), cancellationToken);

    /// <summary>Sends a file.</summary>
    public Task SendFileAsync(Guid id, string key, OutgoingAttachment file, string? caption, Guid? replyTo, CancellationToken cancellationToken)
    {
        var form = new MultipartFormDataContent(); // disposed of with the request
        var content = new StreamContent(file.Content);
        if (MediaTypeHeaderValue.TryParse(file.Type, out var type))
            content.Headers.ContentType = type;
        form.Add(content, "file", file.Name);
        if (!string.IsNullOrWhiteSpace(caption))
            form.Add(new StringContent(caption), "caption");
        if (replyTo is { } quoted)
            form.Add(new StringContent(quoted.ToString()), "replyTo");
        return SendAsync(id, key, form, cancellationToken);
    }

    /// <summary>Gives a ticket to a member, where whoever is named in <paramref name="replaces"/> still has it.</summary>
    public Task AssignAsync(Guid ticketId, Guid assigneeId, Guid? replaces, CancellationToken cancellationToken) =>
        api.PatchAsync<TicketItem>($"{Tickets}/{ticketId}", new { assigneeId, replaces }, cancellationToken);

    public Task UnassignAsync(Guid ticketId, CancellationToken cancellationToken) =>
        api.PatchAsync<TicketItem>($"{Tickets}/{ticketId}", new { unassign = true }, cancellationToken);

    public Task SetStatusAsync(Guid ticketId, string status, CancellationToken cancellationToken) =>
        api.PatchAsync<TicketItem>($"{Tickets}/{ticketId}", new { status }, cancellationToken);

    public Task NoteAsync(Guid ticketId, string text, CancellationToken cancellationToken) => api.PostAsync($"{Tickets}/{ticketId}/notes", new { text }, cancellationToken);

    /// <summary>Who may be given tickets.</summary>
    public Task<Page<TicketAssignee>> AssigneesAsync(CancellationToken cancellationToken) => api.GetAsync<Page<TicketAssignee>>($"{Tickets}/assignees?limit=200", cancellationToken);

    /// <summary>Templates that may open a conversation.</summary>
    public Task<Page<OfferedTemplate>> ApprovedTemplatesAsync(Guid agentId, CancellationToken cancellationToken) =>
        api.GetAsync<Page<OfferedTemplate>>($"{Templates(agentId)}?status=approved&limit=200", cancellationToken);

    /// <summary>How a template looks on the customer's phone.</summary>
    public Task<OfferedPreview> PreviewAsync(Guid agentId, Guid templateId, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken) =>
        api.PostAsync<OfferedPreview>($"{Templates(agentId)}/{templateId}/preview", new { variables }, cancellationToken);

    private async Task SendAsync(Guid id, string key, HttpContent content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Conversations}/{id}/messages") { Content = content, Headers = { { "Idempotency-Key", key } } };
        using var answer = await api.OpenAsync(request, cancellationToken);
    }

    private static string Templates(Guid agentId) => $"/api/agents/{agentId}/outbound/templates";
}
