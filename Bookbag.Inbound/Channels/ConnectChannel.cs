using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using Bookbag.Inbound.Conversations;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Inbound.Channels;

/// <summary>Connects a number to an agent, or changes its credentials. Graph is asked first: what does not work is not saved.</summary>
public static class ConnectChannel
{
    /// <summary>What the card takes. Of a channel that is connected, secrets that are left out stay as they are.</summary>
    /// <param name="AccessToken">A system user's access token.</param>
    /// <param name="SendUrl">The Graph API messages endpoint of the number.</param>
    /// <param name="AppSecret">The Meta app's secret: it signs the webhooks.</param>
    /// <param name="VerifyToken">A word of one's own for Meta's handshake; one is made up where it is left out.</param>
    /// <param name="BusinessAccountId">The WhatsApp Business Account; found through Graph or from the first webhook where it is left out.</param>
    public sealed record Request(
        [StringLength(4096)] string? AccessToken,
        [StringLength(500)] string? SendUrl,
        [StringLength(512)] string? AppSecret,
        [StringLength(512)] string? VerifyToken,
        [StringLength(64), RegularExpression("^[0-9]*$", ErrorMessage = "The WhatsApp Business Account id has digits only.")] string? BusinessAccountId);

    public static async Task<Results<Ok<ChannelCard>, ProblemHttpResult>> Handle(
        Guid agentId, Request request, HttpRequest http, Caller caller, PlatformDb db, GraphClient graph, SecretProtector secrets, ChannelCards cards,
        ChannelDirectory directory, WakeUps wakeUps, WaitingReplies waiting, IOptions<GraphOptions> options, TimeProvider clock, CancellationToken cancellationToken)
    {
        if (await db.Agents.SingleOrDefaultAsync(a => a.Id == agentId, cancellationToken) is not { } agent)
            return Refusal.NotFound("agent_not_found", "There is no such agent.");
        var channel = await db.Channels.SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken);

        if (!SendUrl.TryParse(Given(request.SendUrl) ?? channel?.SendUrl, options.Value, out var url, out var problem))
            return Wrong("sendUrl", "send_url_invalid", problem);
        if ((Given(request.AccessToken) ?? Kept(secrets, channel?.AccessTokenCipher)) is not { } accessToken)
            return Wrong("accessToken", "access_token_required", "Enter the access token.");
        if ((Given(request.AppSecret) ?? Kept(secrets, channel?.AppSecretCipher)) is not { } appSecret)
            return Wrong("appSecret", "app_secret_required", "Enter the app secret: Meta shows it in the app's basic settings. It checks that webhooks are Meta's.");

        var number = await graph.GetPhoneNumberAsync(url, accessToken, cancellationToken);
        if (number.Error is { } error)
            return Refused(error);
        var details = number.Value!;
        if (details.Id is { } id && id != url.PhoneNumberId)
            return Wrong("sendUrl", "number_not_found", "Meta answers for another id than the one in the send URL.", StatusCodes.Status422UnprocessableEntity);

        // Asked only now: who cannot show a token of the number does not learn that it is connected.
        if (await TakenAsync(db, url.PhoneNumberId, channel?.Id, cancellationToken))
            return Taken();

        var now = clock.GetUtcNow();
        if (channel is null)
            db.Channels.Add(channel = Channel.For(agent, now));
        var verifyToken = Given(request.VerifyToken) ?? Kept(secrets, channel.VerifyTokenCipher) ?? NewVerifyToken();
        var isSameNumber = channel.PhoneNumberId == url.PhoneNumberId;
        channel.Connect(
            new(url.PhoneNumberId, url.ToString(),
                Given(request.BusinessAccountId) ?? details.BusinessAccountId ?? (isSameNumber ? channel.BusinessAccountId : null),
                secrets.Protect(accessToken), Last4(accessToken), secrets.Protect(appSecret), Last4(appSecret),
                secrets.Protect(verifyToken), SecretProtector.Hash(verifyToken)),
            now);
        CheckChannel.Describe(channel, details, now);

        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation })
        {
            return Taken();
        }

        await directory.RefreshAsync(cancellationToken);
        wakeUps.Signal(ChannelDirectory.Topic);
        await waiting.RetryAsync(channel.Id, cancellationToken);
        return TypedResults.Ok(await cards.DrawAsync(channel, caller, http, cancellationToken));
    }

    private static Task<bool> TakenAsync(PlatformDb db, string phoneNumberId, Guid? except, CancellationToken cancellationToken) =>
        db.Channels.IgnoreQueryFilters([TenantFilters.Name]).AnyAsync(c => c.PhoneNumberId == phoneNumberId && c.Id != except, cancellationToken);

    private static ProblemHttpResult Taken() =>
        Refusal.Conflict("number_already_connected", "This number is connected to another agent already. Disconnect it there first.");

    /// <summary>Why Graph would not answer, with what to do about it: Meta's words and ours, never the token.</summary>
    private static ProblemHttpResult Refused(GraphError error)
    {
        var detail = $"{error.Advice} Meta says: {error.Message}{(error.Details is { } details ? $" ({details})" : "")}";
        return error.Fault() switch
        {
            GraphFault.Number => Wrong("sendUrl", "number_not_found", detail, StatusCodes.Status422UnprocessableEntity),
            GraphFault.Token => Wrong("accessToken", "access_token_refused", detail, StatusCodes.Status422UnprocessableEntity),
            _ => Refusal.Problem(StatusCodes.Status503ServiceUnavailable, "graph_unreachable", $"Meta could not be asked; nothing is saved. {error.Message}"),
        };
    }

    /// <summary>A refusal that names the field of the card.</summary>
    private static ProblemHttpResult Wrong(string field, string code, string detail, int status = StatusCodes.Status400BadRequest) => TypedResults.Problem(
        detail: detail, statusCode: status,
        extensions: new Dictionary<string, object?> { ["code"] = code, ["errors"] = new Dictionary<string, string[]> { [field] = [detail] } });

    private static string? Given(string? value) => string.IsNullOrWhiteSpace(value) ? null : value.Trim();

    private static string? Kept(SecretProtector secrets, string? cipher)
    {
        try
        {
            return string.IsNullOrEmpty(cipher) ? null : secrets.Unprotect(cipher);
        }
        catch (CryptographicException)
        {
            // The key ring that encrypted it is gone: it is asked for again.
            return null;
        }
    }

    private static string Last4(string secret) => secret.Length >= 12 ? secret[^4..] : "";

    private static string NewVerifyToken() => RandomNumberGenerator.GetString("abcdefghijkmnpqrstuvwxyz23456789", 32);
}
