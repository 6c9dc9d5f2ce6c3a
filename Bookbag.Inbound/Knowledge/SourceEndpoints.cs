using Bookbag.Inbound.Knowledge.Files;
using Bookbag.Inbound.Knowledge.Training;
using Bookbag.Inbound.Knowledge.Websites;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bookbag.Inbound.Knowledge;

/// <summary>How far a source is. What was learnt before answers until all of the new is in place.</summary>
/// <param name="PagesDone">Pages of a website that were dealt with at the training under way, or at the last one.</param>
/// <param name="PagesAll">Pages that are known of so far.</param>
/// <param name="ChunksDone">Chunks that are in place and ready in every respect.</param>
/// <param name="ChunksAll">Chunks that the source has.</param>
public sealed record SourceProgress(int PagesDone, int PagesAll, int ChunksDone, int ChunksAll)
{
    internal static SourceProgress Of(Source source) => new(source.PagesDone, source.PagesAll, source.ChunksDone, source.ChunksAll);
}

/// <summary>A source in a list.</summary>
/// <param name="Name">What the team calls it; of a pair, the question.</param>
/// <param name="Characters">How long its text or answer is; 0 of what is read from elsewhere.</param>
/// <param name="Url">Of a website: where reading begins.</param>
/// <param name="Problem">What went wrong last, in words.</param>
/// <param name="TrainedAt">When what answers now was learnt.</param>
public sealed record SourceListItem(Guid Id, SourceType Type, string Name, int Characters, string? Url, SourceStatus Status, string? Problem, SourceProgress Progress,
    DateTimeOffset? TrainedAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>The file of a source.</summary>
public sealed record SourceFileResponse(string Name, FileKind Kind, long Size);

/// <summary>A source in full: <c>question</c> and <c>answer</c> of a pair, <c>name</c> and <c>text</c> of a text, <c>url</c> of a website, <c>file</c> of a file.</summary>
/// <param name="RefreshDays">Of a website: after how many days it is read again; null for only when asked to.</param>
/// <param name="Problem">What went wrong last, in words.</param>
/// <param name="TrainedAt">When what answers now was learnt.</param>
public sealed record SourceResponse(Guid Id, SourceType Type, string Name, string? Text, string? Question, string? Answer, string? Url, int? RefreshDays, SourceFileResponse? File,
    SourceStatus Status, string? Problem, SourceProgress Progress, DateTimeOffset? TrainedAt, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt)
{
    internal static SourceResponse Of(Source source, SourceFileResponse? file = null)
    {
        var isPair = source.Type == SourceType.Qa;
        return new(source.Id, source.Type, source.Name, source.Type == SourceType.Text ? source.Content : null, isPair ? source.Name : null, isPair ? source.Content : null,
            source.Url, source.RefreshDays, file, source.Status, source.Problem, SourceProgress.Of(source), source.TrainedAt, source.CreatedAt, source.UpdatedAt);
    }
}

/// <summary>A page of a website at its last training.</summary>
/// <param name="Depth">How many links it is from the first page.</param>
/// <param name="Characters">How much text it has; null where it was not read.</param>
/// <param name="Problem">Why it was not read, in words.</param>
public sealed record SourcePageResponse(string Url, PageState State, string? Title, int Depth, int? Characters, string? Problem, DateTimeOffset? FetchedAt);

/// <summary>What an agent answers from.</summary>
public static class SourceEndpoints
{
    // 200,000 characters in any script, escaped.
    private const int LargestBody = 3_000_000;

    // A file, and what a form puts around it. A little more is let in, to be refused in words.
    private const int LargestForm = Upload.Largest + (1024 * 1024);

    /// <summary>Maps <c>/api/agents/{agentId}/sources</c>.</summary>
    public static IEndpointRouteBuilder MapSources(this IEndpointRouteBuilder endpoints)
    {
        var group = endpoints.MapGroup("/api/agents/{agentId:guid}/sources").WithTags("Sources").RequireKnownAgent();
        group.MapGet("", List).WithName("ListSources").WithSummary("The agent's sources, latest first").RequireAuthorization(Policies.Viewer);
        group.MapGet("{id:guid}", Get).WithName("GetSource").WithSummary("One source in full").RequireAuthorization(Policies.Viewer);
        group.MapGet("{id:guid}/pages", ListPages).WithName("ListSourcePages").WithSummary("The pages of a website, with what became of each").RequireAuthorization(Policies.Viewer);
        group.MapPost("", Add).WithName("AddSource").Records("source.added").WithSummary("Teach the agent a Q&A pair, a text or a website").RequireAuthorization(Policies.Editor)
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody))
            .WithDescription("A file (.txt, .md, .csv, .pdf, .docx) is sent as multipart/form-data in the part `file`, with an optional `name`. Websites and files are read in the background: `status` says how far.");
        group.MapPost("", AddFile).WithName("AddSourceFile").Records("source.added").WithSummary("Teach the agent a file").RequireAuthorization(Policies.Editor).DisableAntiforgery()
            .WithMetadata(new RequestSizeLimitAttribute(LargestForm), new RequestFormLimitsAttribute { MultipartBodyLengthLimit = LargestForm });
        group.MapPut("{id:guid}", Rewrite).WithName("RewriteSource").Records("source.changed").WithSummary("Let a source say something else, or read it from elsewhere").RequireAuthorization(Policies.Editor)
            .WithMetadata(new RequestSizeLimitAttribute(LargestBody));
        group.MapPost("{id:guid}/train", Train).WithName("TrainSource").RecordsNothing().WithSummary("Read a source again").RequireAuthorization(Policies.Editor)
            .WithDescription("What was learnt before answers until the new is in place.");
        group.MapDelete("{id:guid}", Remove).WithName("RemoveSource").Records("source.deleted").WithSummary("Let the agent forget a source").RequireAuthorization(Policies.Editor);
        return endpoints;
    }

    private static async Task<Ok<Page<SourceListItem>>> List(Guid agentId, Cursor? cursor, int? limit, InboundDb db, CancellationToken cancellationToken)
    {
        var size = Page.Size(limit);
        var sources = db.Set<Source>().AsNoTracking().Where(s => s.AgentId == agentId);
        // Ids of version 7 are in the order of their making: the primary key serves the list.
        if (cursor is { Id: var last })
            sources = sources.Where(s => s.Id.CompareTo(last) < 0);
        var rows = await sources.OrderByDescending(s => s.Id).Take(size + 1)
            .Select(s => new SourceListItem(s.Id, s.Type, s.Name, s.Content.Length, s.Url, s.Status, s.Problem,
                new SourceProgress(s.PagesDone, s.PagesAll, s.ChunksDone, s.ChunksAll), s.TrainedAt, s.CreatedAt, s.UpdatedAt)).ToListAsync(cancellationToken);
        return TypedResults.Ok(Page.Of(rows, size, s => new Cursor(s.CreatedAt, s.Id)));
    }

    private static async Task<Results<Ok<SourceResponse>, ProblemHttpResult>> Get(Guid agentId, Guid id, InboundDb db, CancellationToken cancellationToken)
    {
        if (await db.Set<Source>().AsNoTracking().SingleOrDefaultAsync(s => s.AgentId == agentId && s.Id == id, cancellationToken) is not { } source)
            return NotFound;
        var file = await db.Set<SourceFile>().Where(f => f.AgentId == agentId && f.SourceId == id)
            .Select(f => new SourceFileResponse(f.FileName, f.Kind, f.Size)).SingleOrDefaultAsync(cancellationToken);
        return TypedResults.Ok(SourceResponse.Of(source, file));
    }

    private static async Task<Results<Ok<Page<SourcePageResponse>>, ProblemHttpResult>> ListPages(
        Guid agentId, Guid id, string? state, Cursor? cursor, int? limit, InboundDb db, CancellationToken cancellationToken)
    {
        PageState? only = null;
        if (state is not null)
        {
            if (!EnumWords.TryParse(state, out PageState wanted))
                return Refusal.Invalid("state_unknown", "The state is `waiting`, `read`, `skipped`, `failed` or `gone`.");
            only = wanted;
        }
        var training = await db.Set<Source>().Where(s => s.AgentId == agentId && s.Id == id).Select(s => (int?)s.Training).SingleOrDefaultAsync(cancellationToken);
        if (training is null)
            return NotFound;
        var size = Page.Size(limit);
        // The list is in the order in which the pages were found: that number is the cursor's time.
        var after = cursor is { At.UtcTicks: var last } ? last : -1;
        var rows = await db.Set<SourcePage>().AsNoTracking()
            .Where(p => p.AgentId == agentId && p.SourceId == id && p.Training == training && p.Nr > after && (only == null || p.State == only))
            .OrderBy(p => p.Nr).Take(size + 1).ToListAsync(cancellationToken);
        var page = Page.Of(rows, size, p => new Cursor(new DateTimeOffset(p.Nr, TimeSpan.Zero), Guid.Empty));
        return TypedResults.Ok(new Page<SourcePageResponse>([.. page.Items.Select(p => new SourcePageResponse(p.Url, p.State, p.Title, p.Depth, p.Characters, p.Problem, p.FetchedAt))], page.Next));
    }

    private static async Task<Results<Created<SourceResponse>, ProblemHttpResult>> Add(Guid agentId, SourceRequest request, Caller caller, KnowledgeBase knowledge, WakeUps wakeUps,
        IOptions<CrawlOptions> crawl, ActivitySubject subject, CancellationToken cancellationToken)
    {
        var (content, problem) = request.Read(crawl.Value.AllowLoopback);
        return content is null ? Refused(problem!) : await AddAsync(caller, agentId, content, knowledge, wakeUps, subject, cancellationToken);
    }

    private static async Task<Results<Created<SourceResponse>, ProblemHttpResult>> AddFile(Guid agentId, IFormFile? file, [FromForm] string? name, Caller caller, KnowledgeBase knowledge, WakeUps wakeUps,
        ActivitySubject subject, CancellationToken cancellationToken)
    {
        if (file is null)
            return Refusal.Invalid("file_missing", "Put the file into a part that is called file.");
        var (given, problem) = SourceRequest.ReadName(name);
        if (problem is not null)
            return Refused(problem);
        // One byte more than is allowed is enough to see that it is too large.
        var bytes = new byte[Math.Min(file.Length, Upload.Largest + 1)];
        await using (var content = file.OpenReadStream())
            await content.ReadExactlyAsync(bytes, cancellationToken);
        (var upload, problem) = Upload.Of(file.FileName, bytes);
        return upload is null ? Refused(problem!) : await AddAsync(caller, agentId, SourceContent.File(given ?? upload.FileName, upload), knowledge, wakeUps, subject, cancellationToken);
    }

    private static async Task<Results<Created<SourceResponse>, ProblemHttpResult>> AddAsync(Caller caller, Guid agentId, SourceContent content, KnowledgeBase knowledge, WakeUps wakeUps,
        ActivitySubject subject, CancellationToken cancellationToken)
    {
        var (source, problem) = await knowledge.AddAsync(caller.WorkspaceId, agentId, content, cancellationToken);
        if (source is null)
            return Conflict(problem!);
        wakeUps.Signal(TrainingWorker.Topic);
        subject.Is(source.Id, source.Name);
        var file = content.Upload is { } upload ? new SourceFileResponse(upload.FileName, upload.Kind, upload.Bytes.Length) : null;
        return TypedResults.Created($"/api/agents/{agentId}/sources/{source.Id}", SourceResponse.Of(source, file));
    }

    private static async Task<Results<Ok<SourceResponse>, ProblemHttpResult>> Rewrite(Guid agentId, Guid id, SourceRequest request, KnowledgeBase knowledge, WakeUps wakeUps,
        IOptions<CrawlOptions> crawl, ActivitySubject subject, CancellationToken cancellationToken)
    {
        var (content, problem) = request.Read(crawl.Value.AllowLoopback);
        if (content is null)
            return Refused(problem!);
        (var source, problem) = await knowledge.RewriteAsync(agentId, id, content, cancellationToken);
        if (problem is not null)
            return Conflict(problem);
        if (source is null)
            return NotFound;
        wakeUps.Signal(TrainingWorker.Topic);
        subject.Is(source.Name);
        return TypedResults.Ok(SourceResponse.Of(source));
    }

    private static async Task<Results<Accepted<SourceResponse>, ProblemHttpResult>> Train(Guid agentId, Guid id, KnowledgeBase knowledge, WakeUps wakeUps, CancellationToken cancellationToken)
    {
        var (source, problem) = await knowledge.TrainAsync(agentId, id, cancellationToken);
        if (problem is not null)
            return Conflict(problem);
        if (source is null)
            return NotFound;
        wakeUps.Signal(TrainingWorker.Topic);
        return TypedResults.Accepted($"/api/agents/{agentId}/sources/{id}", SourceResponse.Of(source));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> Remove(Guid agentId, Guid id, KnowledgeBase knowledge, CancellationToken cancellationToken) =>
        await knowledge.RemoveAsync(agentId, id, cancellationToken) ? TypedResults.NoContent() : NotFound;

    private static ProblemHttpResult NotFound => Refusal.NotFound("source_not_found", "The agent has no such source.");

    private static ProblemHttpResult Refused(SourceProblem problem) => Refusal.Invalid(problem.Code, problem.Text);

    private static ProblemHttpResult Conflict(SourceProblem problem) => Refusal.Conflict(problem.Code, problem.Text);
}
