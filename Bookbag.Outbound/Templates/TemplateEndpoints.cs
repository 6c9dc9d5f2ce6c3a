using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Outbound.Templates;

/// <summary>An agent's templates: written here, reviewed at Meta.</summary>
public static class TemplateEndpoints
{
    /// <summary>Adds what templates need.</summary>
    public static void AddTemplates(this IHostApplicationBuilder builder)
    {
        builder.Services.AddScoped<AccountAccess>();
        builder.Services.AddSingleton<TemplateMetrics>();
        builder.Services.AddSingleton<SyncTemplates>();
        builder.Services.AddScoped<SubmitTemplate>();
        builder.Services.AddSingleton<TemplateSyncWorker>();
        builder.Services.AddHostedService(services => services.GetRequiredService<TemplateSyncWorker>());
        builder.Services.AddOptions<TemplateOptions>().BindConfiguration(TemplateOptions.Section).ValidateDataAnnotations().ValidateOnStart();
    }

    /// <summary>Maps <c>/api/agents/{agentId}/outbound/templates</c>.</summary>
    public static void MapTemplates(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/agents/{agentId:guid}/outbound/templates").WithTags("Templates").RequireKnownAgent().RequireAuthorization(Policies.Viewer);
        group.MapGet("", List).WithName("ListTemplates").WithSummary("Lists an agent's templates, and when they were last compared with Meta's");
        group.MapPost("", Create).RequireAuthorization(Policies.Editor).WithName("CreateTemplate").RecordsNothing()
            .WithSummary("Writes a template").WithDescription("It is checked against Meta's rules, and is a draft until it is submitted.");
        group.MapPost("/check", Check).RequireAuthorization(Policies.Editor).WithName("CheckTemplate").RecordsNothing().WithSummary("Checks a template against Meta's rules and shows a preview, without keeping it");
        group.MapPost("/sync", Sync).RequireAuthorization(Policies.Editor).WithName("SyncTemplates").RecordsNothing().WithSummary("Compares the templates with Meta's now");
        group.MapPost("/media", UploadExample.Handle).RequireAuthorization(Policies.Editor).WithName("UploadTemplateExample").RecordsNothing()
            .Accepts<IFormFile>("multipart/form-data").DisableAntiforgery().WithSummary("Uploads the example of a header with a file").WithDescription("The handle in the answer goes into the header of a template.");
        group.MapGet("/{id:guid}", Get).WithName("GetTemplate").WithSummary("Shows a template");
        group.MapPut("/{id:guid}", Edit).RequireAuthorization(Policies.Editor).WithName("EditTemplate").RecordsNothing()
            .WithSummary("Changes a template").WithDescription("What Meta knows already changes there when it is submitted again.");
        group.MapDelete("/{id:guid}", SubmitTemplate.Delete).RequireAuthorization(Policies.Editor).WithName("DeleteTemplate").Records("template.deleted")
            .WithSummary("Deletes one language of a template, here and at Meta").WithDescription("Meta blocks the name of a template that was approved for 30 days.");
        group.MapPost("/{id:guid}/submit", SubmitTemplate.Handle).RequireAuthorization(Policies.Editor).WithName("SubmitTemplate").Records("template.submitted").WithSummary("Hands a template, or a change of it, to Meta for review");
        group.MapPost("/{id:guid}/preview", Preview).WithName("PreviewTemplate").RecordsNothing().WithSummary("Shows a template as its recipient sees it").WithDescription("With the values given, and its examples in the place of the others.");
    }

    private static async Task<Ok<TemplateList>> List(
        Guid agentId, string? status, string? category, string? q, Cursor? cursor, int? limit, OutboundDb db, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var rows = db.Set<Template>().AsNoTracking().Where(t => t.AgentId == agentId && t.DeletedAt == null);
        if (status?.ToUpperInvariant() is { } wantedStatus)
            rows = rows.Where(t => t.Status == wantedStatus);
        if (category?.ToUpperInvariant() is { } wantedCategory)
            rows = rows.Where(t => t.Category == wantedCategory);
        if (q is not null)
            rows = rows.Where(t => EF.Functions.ILike(t.Name, $"%{Contacts.ContactFilterSql.Like(q)}%", "\\"));
        if (cursor is { } after)
            rows = rows.Where(t => EF.Functions.LessThan(ValueTuple.Create(t.CreatedAt, t.Id), ValueTuple.Create(after.At, after.Id)));
        var found = await rows.OrderByDescending(t => t.CreatedAt).ThenByDescending(t => t.Id).Take(size + 1).ToListAsync(cancellationToken);
        var page = Page.Of([.. found.Select(TemplateResponse.Of)], size, t => new Cursor(t.CreatedAt, t.Id));
        var sync = await db.Set<TemplateSync>().AsNoTracking().SingleOrDefaultAsync(s => s.AgentId == agentId, cancellationToken);
        return TypedResults.Ok(new TemplateList(page.Items, page.Next, sync is null ? null : TemplateSyncResponse.Of(sync)));
    }

    private static async Task<Results<Created<TemplateResponse>, ProblemHttpResult>> Create(
        Guid agentId, TemplateRequest request, Caller caller, OutboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        var draft = request.ToDraft();
        if (await ProblemsAsync(db, agentId, null, draft, cancellationToken) is { Count: > 0 } problems)
            return Invalid(problems);
        var template = Template.Draft(caller.WorkspaceId, agentId, draft, clock.GetUtcNow());
        db.Add(template);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.UniqueViolation })
        {
            return Refusal.Conflict("template_exists", $"There is a template {draft.Name} in {draft.Language} already. Change that one, or choose another name or language.");
        }

        return TypedResults.Created($"/api/agents/{agentId}/outbound/templates/{template.Id}", TemplateResponse.Of(template));
    }

    private static async Task<Ok<TemplateCheck>> Check(Guid agentId, TemplateRequest request, OutboundDb db, CancellationToken cancellationToken)
    {
        var draft = request.ToDraft();
        var definition = TemplateDefinition.Read(draft.Components, draft.ParameterFormat, draft.Category);
        return TypedResults.Ok(new TemplateCheck(await ProblemsAsync(db, agentId, null, draft, cancellationToken), TemplatePreview.Of(definition, null), definition.Variables));
    }

    private static async Task<Results<Ok<TemplateResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, OutboundDb db, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } template ? TypedResults.Ok(TemplateResponse.Of(template)) : NotFound();

    private static async Task<Results<Ok<TemplateResponse>, ProblemHttpResult>> Edit(
        Guid agentId, Guid id, TemplateRequest request, OutboundDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await FindAsync(db, agentId, id, cancellationToken) is not { } template)
            return NotFound();
        var draft = request.ToDraft();
        if (template.RefusesEdit(draft) is var (code, words))
            return Refusal.Conflict(code, words);
        if (await ProblemsAsync(db, agentId, id, draft, cancellationToken) is { Count: > 0 } problems)
            return Invalid(problems);
        template.Edit(draft, clock.GetUtcNow());
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.UniqueViolation })
        {
            return Refusal.Conflict("template_exists", $"There is a template {draft.Name} in {draft.Language} already.");
        }

        return TypedResults.Ok(TemplateResponse.Of(template));
    }

    private static async Task<Results<Ok<TemplatePreview>, ProblemHttpResult>> Preview(
        Guid agentId, Guid id, TemplatePreviewRequest? request, OutboundDb db, CancellationToken cancellationToken) =>
        await FindAsync(db, agentId, id, cancellationToken) is { } template
            ? TypedResults.Ok(TemplatePreview.Of(template.Latest, request?.Variables))
            : NotFound();

    private static async Task<Results<Ok<SyncOutcome>, ProblemHttpResult>> Sync(Guid agentId, Caller caller, AccountAccess access, SyncTemplates sync, CancellationToken cancellationToken)
    {
        var (account, problem) = await access.FindAsync(agentId, withApp: false, cancellationToken);
        if (account is null)
        {
            await sync.FailAsync(caller.WorkspaceId, agentId, problem!.Words, cancellationToken);
            return Refusal.Conflict(problem.Code, problem.Words);
        }

        return await sync.RunAsync(account, cancellationToken) is { } outcome
            ? TypedResults.Ok(outcome)
            : Refusal.Conflict("sync_running", "The templates are being compared with Meta's right now. Look again in a moment.");
    }

    /// <summary>What Meta would refuse, with what can only be known from the agent's other templates.</summary>
    private static async Task<IReadOnlyList<TemplateProblem>> ProblemsAsync(OutboundDb db, Guid agentId, Guid? self, TemplateDraft draft, CancellationToken cancellationToken)
    {
        var problems = TemplateValidation.Check(draft).ToList();
        if (draft.Category == "AUTHENTICATION")
            return problems;
        var definition = TemplateDefinition.Read(draft.Components, draft.ParameterFormat, draft.Category);
        // Meta refuses a second template of the same text.
        var others = await db.Set<Template>().AsNoTracking().Where(t => t.AgentId == agentId && t.DeletedAt == null && t.Language == draft.Language && t.Id != self)
            .Select(t => new { t.Name, t.Components, t.ParameterFormat, t.Category }).ToListAsync(cancellationToken);
        if (others.Find(other => TemplateDefinition.Read(other.Components, other.ParameterFormat, other.Category) is var known
                && known.Body == definition.Body && known.Footer == definition.Footer && definition.Body.Length > 0 && other.Name != draft.Name) is { } twin)
            problems.Add(new("body", "text_taken", $"The template {twin.Name} has the same body and footer; Meta refuses a second one."));
        return problems;
    }

    internal static Task<Template?> FindAsync(OutboundDb db, Guid agentId, Guid id, CancellationToken cancellationToken) =>
        db.Set<Template>().SingleOrDefaultAsync(t => t.AgentId == agentId && t.Id == id && t.DeletedAt == null, cancellationToken);

    internal static ProblemHttpResult NotFound() => Refusal.NotFound("template_not_found", "The agent has no such template.");

    private static ProblemHttpResult Invalid(IReadOnlyList<TemplateProblem> problems) => TypedResults.Problem(
        detail: string.Join(' ', problems.Select(problem => $"{problem.Field}: {problem.Message}")), statusCode: StatusCodes.Status400BadRequest,
        extensions: [KeyValuePair.Create<string, object?>("code", "template_invalid"), KeyValuePair.Create<string, object?>("problems", problems)]);
}

/// <summary>Values for a preview, by the variables' keys.</summary>
public sealed record TemplatePreviewRequest(IReadOnlyDictionary<string, string>? Variables);

/// <summary>A template that was checked: what Meta would refuse, and how it looks.</summary>
public sealed record TemplateCheck(IReadOnlyList<TemplateProblem> Problems, TemplatePreview Preview, IReadOnlyList<TemplateVariable> Variables);

/// <summary>A page of templates.</summary>
/// <param name="Sync">The last comparison with Meta's; null where there was none.</param>
public sealed record TemplateList(IReadOnlyList<TemplateResponse> Items, string? Next, TemplateSyncResponse? Sync);

/// <summary>The last comparison with Meta's templates.</summary>
/// <param name="Complete">Whether all of Meta's list was read.</param>
/// <param name="Problems">What was not read, in words.</param>
/// <param name="CompletedAt">When all of it last was.</param>
public sealed record TemplateSyncResponse(DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, int Found, bool Complete, IReadOnlyList<string> Problems, DateTimeOffset? CompletedAt)
{
    internal static TemplateSyncResponse Of(TemplateSync s) => new(s.StartedAt, s.FinishedAt, s.Found, s.Complete, s.Problems, s.CompletedAt);
}

/// <summary>A template as the API shows it.</summary>
/// <param name="Status">Exactly as Meta says, or DRAFT: never submitted. Only APPROVED can be sent.</param>
/// <param name="Components">Meta's components, as they are sent.</param>
/// <param name="Variables">What every recipient gets a value of their own for.</param>
/// <param name="PendingComponents">A change that is not submitted yet.</param>
/// <param name="Problem">What Meta said to the last submission.</param>
public sealed record TemplateResponse(
    Guid Id, string Name, string Language, string Category, string Status, DateTimeOffset StatusAt, string? Quality, string ParameterFormat, string Body, JsonElement Components,
    IReadOnlyList<TemplateVariable> Variables, JsonElement? PendingComponents, int? TtlSeconds, string? RejectionReason, string? RejectionDetail,
    string? PreviousCategory, DateTimeOffset? CategoryChangedAt, string? NextCategory, DateTimeOffset? NextCategoryAt,
    string? Problem, string? MetaId, DateTimeOffset? SubmittedAt, DateTimeOffset? SyncedAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static TemplateResponse Of(Template t)
    {
        var definition = TemplateDefinition.Of(t);
        return new(
            t.Id, t.Name, t.Language, t.Category, t.Status, t.StatusAt, t.Quality, t.ParameterFormat, definition.Body, t.Components, definition.Variables, t.PendingComponents,
            t.TtlSeconds, t.RejectionReason, t.RejectionDetail, t.PreviousCategory, t.CategoryChangedAt, t.NextCategory, t.NextCategoryAt, t.Problem, t.MetaId, t.SubmittedAt,
            t.SyncedAt, t.CreatedAt, t.UpdatedAt);
    }
}

/// <summary>How templates are kept in line with Meta's.</summary>
public sealed class TemplateOptions
{
    public const string Section = "Templates";

    /// <summary>How often an agent's templates are compared with Meta's, beside the webhooks. Default: an hour.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan SyncEvery { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether this replica compares by itself. Default: it does.</summary>
    public bool Sync { get; set; } = true;
}
