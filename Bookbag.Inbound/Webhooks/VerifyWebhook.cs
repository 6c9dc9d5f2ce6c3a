using System.Security.Cryptography;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Answers Meta's handshake: the challenge where the verify token belongs to a channel, 403 and not a word otherwise.</summary>
public static class VerifyWebhook
{
    private const int MaxLength = 1024;

    public static async Task<Results<ContentHttpResult, StatusCodeHttpResult>> Handle(
        HttpRequest request, PlatformDb db, TimeProvider clock, CancellationToken cancellationToken)
    {
        var query = request.Query;
        if (query["hub.mode"] is not ["subscribe"]
            || query["hub.verify_token"] is not [{ Length: > 0 and <= MaxLength } token]
            || query["hub.challenge"] is not [{ Length: > 0 and <= MaxLength } challenge])
        {
            return TypedResults.StatusCode(StatusCodes.Status403Forbidden);
        }

        // Looked up by a hash that nobody outside can steer, so that the time of the search says nothing about the tokens.
        var hash = SecretProtector.Hash(token);
        var channels = await db.Channels.IgnoreQueryFilters([TenantFilters.Name])
            .Where(c => c.VerifyTokenHash == hash)
            .Select(c => new { c.Id, c.VerifyTokenHash })
            .ToListAsync(cancellationToken);
        // The channels of one Meta app share its verify token: the handshake is for all of them.
        var verified = channels.Where(c => CryptographicOperations.FixedTimeEquals(c.VerifyTokenHash, hash)).Select(c => c.Id).ToList();
        if (verified.Count == 0)
            return TypedResults.StatusCode(StatusCodes.Status403Forbidden);

        var now = clock.GetUtcNow();
        await db.Channels.IgnoreQueryFilters([TenantFilters.Name])
            .Where(c => verified.Contains(c.Id))
            .ExecuteUpdateAsync(set => set.SetProperty(c => c.VerifiedAt, now), cancellationToken);
        return TypedResults.Text(challenge, "text/plain");
    }
}
