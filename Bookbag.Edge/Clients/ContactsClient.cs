using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.Http;

namespace Bookbag.Edge.Clients;

/// <summary>The people an agent may write to, and the files they come from.</summary>
public sealed class ContactsClient(ApiClient api)
{
    /// <summary>The largest file that is taken.</summary>
    public const long LargestFile = 512L * 1024 * 1024;

    public Task<Page<ContactItem>> ListAsync(Guid agentId, string? search, JsonObject? filter, string? cursor, CancellationToken cancellationToken, int? limit = null) =>
        api.GetAsync<Page<ContactItem>>(
            ApiClient.Query(Path(agentId), ("q", search), ("filter", filter?.ToJsonString()), ("cursor", cursor), ("limit", limit?.ToString(System.Globalization.CultureInfo.InvariantCulture))),
            cancellationToken);

    public Task<AudienceCount> CountAsync(Guid agentId, JsonObject? filter, CancellationToken cancellationToken) =>
        api.GetAsync<AudienceCount>(ApiClient.Query($"{Path(agentId)}/count", ("filter", filter?.ToJsonString())), cancellationToken);

    public Task<ContactItem> AddAsync(Guid agentId, ContactDraft contact, CancellationToken cancellationToken) =>
        api.PostAsync<ContactItem>(Path(agentId), contact, cancellationToken);

    public Task<ContactItem> ChangeAsync(Guid agentId, Guid id, ContactDraft contact, CancellationToken cancellationToken) =>
        api.PutAsync<ContactItem>($"{Path(agentId)}/{id}", contact, cancellationToken);

    public Task DeleteAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.DeleteAsync($"{Path(agentId)}/{id}", cancellationToken);

    public Task OptOutAsync(Guid agentId, Guid id, string? reason, CancellationToken cancellationToken) => api.PostAsync($"{Path(agentId)}/{id}/opt-out", new { reason }, cancellationToken);

    public Task OptInAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.PostAsync($"{Path(agentId)}/{id}/opt-in", new { }, cancellationToken);

    public Task<IReadOnlyList<ContactAttribute>> AttributesAsync(Guid agentId, CancellationToken cancellationToken) =>
        api.GetAsync<IReadOnlyList<ContactAttribute>>($"{Path(agentId)}/attributes", cancellationToken);

    public Task<Page<ImportItem>> ImportsAsync(Guid agentId, string? cursor, CancellationToken cancellationToken) =>
        api.GetAsync<Page<ImportItem>>(ApiClient.Query(Imports(agentId), ("cursor", cursor)), cancellationToken);

    public Task<ImportItem> ImportAsync(Guid agentId, Guid id, CancellationToken cancellationToken) => api.GetAsync<ImportItem>($"{Imports(agentId)}/{id}", cancellationToken);

    /// <summary>Uploads a file as it is read; nothing is imported before it is started.</summary>
    public async Task<ImportItem> UploadAsync(Guid agentId, string fileName, Stream content, CancellationToken cancellationToken)
    {
        using var form = new MultipartFormDataContent();
        var file = new StreamContent(content, bufferSize: 128 * 1024);
        file.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        form.Add(file, "file", fileName);
        return await api.PostFormAsync<ImportItem>(Imports(agentId), form, cancellationToken);
    }

    public Task<ImportItem> StartAsync(Guid agentId, Guid id, ImportStart start, CancellationToken cancellationToken) =>
        api.PostAsync<ImportItem>($"{Imports(agentId)}/{id}/start", start, cancellationToken);

    public Task<ImportItem> CancelAsync(Guid agentId, Guid id, CancellationToken cancellationToken) =>
        api.PostAsync<ImportItem>($"{Imports(agentId)}/{id}/cancel", new { }, cancellationToken);

    /// <summary>Where the browser downloads the rows that could not be imported.</summary>
    public static string ErrorsPath(Guid agentId, Guid id) => $"{Imports(agentId)}/{id}/errors";

    private static string Path(Guid agentId) => $"/api/agents/{agentId}/outbound/contacts";

    private static string Imports(Guid agentId) => $"{Path(agentId)}/imports";
}

/// <summary>A contact.</summary>
/// <param name="Phone">Digits with country code, no plus.</param>
public sealed record ContactItem(
    Guid Id, string? ExternalId, string? Phone, string? UserId, string? Name, string? Email, string? Language, IReadOnlyList<string> Tags, JsonElement Attributes,
    MarketingConsent Marketing, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What to call the contact.</summary>
    public string Title => Name ?? Number ?? Email ?? ExternalId ?? UserId ?? "Somebody";

    /// <summary>The number, as it is dialled.</summary>
    public string? Number => Phone is null ? null : $"+{Phone}";
}

/// <summary>What a contact said of marketing.</summary>
/// <param name="State"><c>opted_in</c>, <c>opted_out</c> or <c>unknown</c>.</param>
/// <param name="OnlyByContact">Whether only the contact can undo it.</param>
public sealed record MarketingConsent(string State, DateTimeOffset? At, string? Source, string? Reason, string? By, bool OnlyByContact);

/// <summary>A contact as it is written; what is left out is taken away.</summary>
public sealed record ContactDraft(
    string? Phone, string? UserId, string? ExternalId, string? Name, string? Email, string? Language, IReadOnlyList<string> Tags, IReadOnlyDictionary<string, JsonNode?> Attributes,
    bool? OptedIn);

/// <summary>A custom attribute.</summary>
/// <param name="Type"><c>text</c>, <c>number</c>, <c>date</c>, <c>boolean</c> or <c>list</c>.</param>
public sealed record ContactAttribute(string Name, string Type);

/// <summary>How many contacts a filter finds.</summary>
/// <param name="Reachable">Those with an address who did not opt out.</param>
public sealed record AudienceCount(long Total, long Reachable, long OptedIn, long OptedOut, long WithoutAddress);

/// <summary>A file on its way into the contacts.</summary>
/// <param name="State"><c>uploading</c>, <c>ready</c>, <c>running</c>, <c>completed</c>, <c>cancelled</c> or <c>failed</c>.</param>
/// <param name="Progress">0 to 1.</param>
public sealed record ImportItem(
    Guid Id, string FileName, string State, long Bytes, bool? HasHeader, IReadOnlyList<ImportColumn>? Columns, string? DefaultRegion, string CreatedBy, long RowsRead, long RowsCreated,
    long RowsUpdated, long RowsDuplicate, long RowsFailed, double Progress, string? Problem, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt)
{
    /// <summary>Whether nothing more happens to it.</summary>
    public bool IsOver => State is "completed" or "cancelled" or "failed";
}

/// <summary>A column of a file, and what it seems to be.</summary>
public sealed record ImportColumn(int Column, string Name, IReadOnlyList<string> Samples, ColumnMapping Guess);

/// <summary>What a column becomes.</summary>
/// <param name="To"><c>ignore</c>, a field of contacts, <c>tags</c>, <c>opt_in</c> or <c>attribute</c>.</param>
public sealed record ColumnMapping(int Column, string To, string? Attribute = null, string? Type = null);

/// <summary>What a file's columns mean.</summary>
public sealed record ImportStart(IReadOnlyList<ColumnMapping> Mapping, string? DefaultRegion, IReadOnlyList<string> Tags, bool OptedIn, bool? HasHeader);
