using System.Net.Http.Headers;
using System.Text.Json;

namespace Bookbag.Edge.Clients;

/// <summary>An agent's templates: written here, reviewed at Meta.</summary>
public sealed class TemplatesClient(ApiClient api)
{
    public Task<TemplatePage> ListAsync(Guid agentId, string? search, string? status, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<TemplatePage>(ApiClient.Query(Path(agentId), ("q", search), ("status", status), ("cursor", cursor)), cancellationToken);

    /// <summary>The templates that can be sent: the first 200.</summary>
    public async Task<IReadOnlyList<TemplateItem>> ApprovedAsync(Guid agentId, CancellationToken cancellationToken) =>
        (await api.GetAsync<TemplatePage>(ApiClient.Query(Path(agentId), ("status", "approved"), ("limit", "200")), cancellationToken)).Items;

    public Task<TemplateItem> GetAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.GetAsync<TemplateItem>($"{Path(agentId)}/{id}", cancellationToken);

    public Task<TemplateItem> CreateAsync(Guid agentId, TemplateDraft draft, CancellationToken cancellationToken) =>
        api.PostAsync<TemplateItem>(Path(agentId), draft, cancellationToken);

    public Task<TemplateItem> ChangeAsync(Guid agentId, Guid id, TemplateDraft draft, CancellationToken cancellationToken) =>
        api.PutAsync<TemplateItem>($"{Path(agentId)}/{id}", draft, cancellationToken);

    /// <summary>What Meta would refuse, and how it looks; nothing is kept.</summary>
    public Task<TemplateCheck> CheckAsync(Guid agentId, TemplateDraft draft, CancellationToken cancellationToken) =>
        api.PostAsync<TemplateCheck>($"{Path(agentId)}/check", draft, cancellationToken);

    /// <summary>How a recipient sees it, with examples for what has no value.</summary>
    public Task<MessagePreview> PreviewAsync(Guid agentId, Guid id, IReadOnlyDictionary<string, string> values, CancellationToken cancellationToken) =>
        api.PostAsync<MessagePreview>($"{Path(agentId)}/{id}/preview", new { variables = values }, cancellationToken);

    public Task<TemplateItem> SubmitAsync(Guid agentId, Guid id, CancellationToken cancellationToken) =>
        api.PostAsync<TemplateItem>($"{Path(agentId)}/{id}/submit", new { }, cancellationToken);

    public Task DeleteAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.DeleteAsync($"{Path(agentId)}/{id}", cancellationToken);

    public Task<SyncOutcome> SyncAsync(Guid agentId, CancellationToken cancellationToken) => api.PostAsync<SyncOutcome>($"{Path(agentId)}/sync", new { }, cancellationToken);

    /// <summary>Uploads the file that Meta's reviewers see in the place of a header's.</summary>
    public async Task<UploadedExample> UploadExampleAsync(Guid agentId, string fileName, string contentType, Stream content, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent();
        var file = new StreamContent(content);
        if (MediaTypeHeaderValue.TryParse(contentType, out var type))
            file.Headers.ContentType = type;
        form.Add(file, "file", fileName);
        return await api.PostFormAsync<UploadedExample>($"{Path(agentId)}/media", form, cancellationToken);
    }

    private static string Path(Guid agentId) => $"/api/agents/{agentId}/outbound/templates";
}

/// <summary>A page of templates.</summary>
/// <param name="Sync">The last comparison with Meta's; null where there was none.</param>
public sealed record TemplatePage(IReadOnlyList<TemplateItem> Items, string? Next, TemplateSync? Sync);

/// <summary>The last comparison with Meta's templates.</summary>
public sealed record TemplateSync(DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, int Found, bool Complete, IReadOnlyList<string> Problems, DateTimeOffset? CompletedAt);

/// <summary>What a comparison found.</summary>
public sealed record SyncOutcome(int Found, bool Complete, IReadOnlyList<string> Problems);

/// <summary>A template.</summary>
/// <param name="Status">As Meta says, or <c>DRAFT</c>.</param>
/// <param name="Components">Meta's own JSON.</param>
/// <param name="PendingComponents">A change that is not submitted yet.</param>
/// <param name="Problem">What Meta said to the last submission.</param>
public sealed record TemplateItem(
    Guid Id, string Name, string Language, string Category, string Status, DateTimeOffset StatusAt, string? Quality, string ParameterFormat, string Body, JsonElement Components,
    IReadOnlyList<TemplateVariable> Variables, JsonElement? PendingComponents, string? RejectionReason, string? RejectionDetail, string? PreviousCategory, string? NextCategory,
    string? Problem, DateTimeOffset UpdatedAt);

/// <summary>What each recipient gets a value of their own for.</summary>
/// <param name="Kind"><c>text</c>, <c>image</c>, <c>video</c>, <c>document</c>, <c>location</c>, <c>url_suffix</c>, <c>coupon_code</c>, <c>one_time_password</c>.</param>
public sealed record TemplateVariable(string Key, string Component, int? Button, string Kind, string? Example);

/// <summary>A template as it is written; which parts it has depends on its category.</summary>
public sealed record TemplateDraft(
    string Name, string Category, string Language, string? Body, TemplateHeader? Header, string? Footer, IReadOnlyList<TemplateButton>? Buttons,
    IReadOnlyDictionary<string, string>? Examples, string? ParameterFormat = null, bool? AddSecurityRecommendation = null, int? CodeExpirationMinutes = null);

/// <param name="Type"><c>text</c>, <c>image</c>, <c>video</c>, <c>document</c> or <c>location</c>.</param>
public sealed record TemplateHeader(string Type, string? Text = null, string? Handle = null);

/// <param name="Type"><c>quick_reply</c>, <c>url</c>, <c>phone_number</c>, <c>copy_code</c> or <c>otp</c>.</param>
public sealed record TemplateButton(string Type, string? Text = null, string? Url = null, string? Phone = null, string? Example = null);

/// <summary>A template that was checked.</summary>
public sealed record TemplateCheck(IReadOnlyList<TemplateProblem> Problems, MessagePreview Preview, IReadOnlyList<TemplateVariable> Variables);

/// <summary>Something that Meta would refuse.</summary>
/// <param name="Field">As <see cref="TemplateDraft"/> names it: <c>body</c>, <c>buttons[1].url</c>, <c>examples.1</c>.</param>
public sealed record TemplateProblem(string Field, string Code, string Message);

/// <summary>A message as the recipient's phone shows it.</summary>
public sealed record MessagePreview(PreviewHeader? Header, string Body, string? Footer, IReadOnlyList<PreviewButton> Buttons, IReadOnlyList<string> Missing);

/// <summary>The header of a preview.</summary>
public sealed record PreviewHeader(string Type, string? Text, string? Media);

/// <summary>A button of a preview.</summary>
public sealed record PreviewButton(string Type, string Text, string? Url, string? Phone, string? Code);

/// <summary>An example that was uploaded.</summary>
public sealed record UploadedExample(string Handle, string Type);
