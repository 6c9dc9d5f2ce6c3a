using System.Net.Http.Headers;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Media;

/// <summary>Files of messages, for the team.</summary>
public static class MediaEndpoints
{
    // Whatever a customer named his file: it runs nothing and reaches nothing.
    private const string NothingRuns = "sandbox; default-src 'none'";

    /// <summary>Maps the file of a message.</summary>
    public static void MapMedia(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/conversations/{id:guid}/messages/{messageId:guid}/media", Get).WithTags("Conversations").RequireAuthorization(Policies.Viewer)
            .WithName("GetMessageMedia").WithSummary("The file of a message").WithDescription("Pictures, voice notes and films are shown in place; other files are for saving. Parts of it can be asked for by Range.")
            .Produces<byte[]>(contentType: "application/octet-stream").ProducesProblem(StatusCodes.Status404NotFound).ProducesProblem(StatusCodes.Status409Conflict).ProducesProblem(StatusCodes.Status410Gone);

    private static async Task<Results<FileStreamHttpResult, ProblemHttpResult>> Get(
        Guid id, Guid messageId, HttpResponse response, InboundDb db, MediaStore store, CancellationToken cancellationToken)
    {
        if (await db.FindConversationAsync(id, cancellationToken) is not { } conversation)
            return ConversationEndpoints.NotFound();
        var media = await db.Set<StoredMedia>().AsNoTracking()
            .SingleOrDefaultAsync(m => m.ChannelId == conversation.ChannelId && m.ConversationId == id && m.Id == messageId, cancellationToken);
        switch (media)
        {
            case null:
                return Refusal.NotFound("media_not_found", "This message has no file.");
            case { State: MediaState.Wanted }:
                return Refusal.Conflict("media_not_ready", $"The file is being fetched. {media.Problem}".TrimEnd());
            case { State: MediaState.Failed }:
                return Refusal.Problem(StatusCodes.Status410Gone, "media_failed", media.Problem ?? "The file could not be fetched.");
            case { State: MediaState.Expired }:
                return Refusal.Problem(StatusCodes.Status410Gone, "media_expired", "The file was deleted: it was past the time for which files are kept.");
        }

        var (type, inline) = MediaTypes.Safe(media.MimeType);
        response.Headers.ContentDisposition = Disposition(media, inline);
        response.Headers.XContentTypeOptions = "nosniff";
        response.Headers.ContentSecurityPolicy = NothingRuns;
        // A file never changes; only the caller's own browser keeps it.
        response.Headers.CacheControl = "private, max-age=86400, immutable";
        return TypedResults.Stream(store.Open(media.ChannelId, media.Id, media.Size ?? 0), type, enableRangeProcessing: true, lastModified: media.ReceivedAt,
            entityTag: new($"\"{Convert.ToHexStringLower(media.Sha256 ?? [])}\""));
    }

    private static string Disposition(StoredMedia media, bool inline)
    {
        var disposition = new ContentDispositionHeaderValue(inline ? "inline" : "attachment");
        if (media.Filename is { Length: > 0 } name)
            disposition.FileNameStar = name.ReplaceLineEndings(" ");
        return disposition.ToString();
    }
}
