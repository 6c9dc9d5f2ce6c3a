using System.Security.Cryptography;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.ServiceDefaults.WhatsApp;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Bookbag.Outbound.Templates;

/// <summary>How an agent's business account is reached at Meta, secrets in clear: used at once, never kept.</summary>
/// <param name="AppId">The app that the token belongs to; null where Meta did not have to be asked.</param>
internal sealed record Account(Channel Channel, SendUrl Url, string AccessToken, string BusinessAccountId, string? AppId)
{
    /// <summary>Names the channel only.</summary>
    public override string ToString() => $"the account of channel {Channel.Id}";
}

/// <summary>Why something at Meta could not be done.</summary>
internal sealed record AccessProblem(string Code, string Words);

/// <summary>Finds the account that an agent's templates belong to.</summary>
internal sealed class AccountAccess(PlatformDb platform, SecretProtector secrets, GraphClient graph, IOptions<GraphOptions> options)
{
    /// <summary>The account; Graph is asked where the channel does not know its id, or <paramref name="withApp"/> asks for the app's.</summary>
    public async Task<(Account? Account, AccessProblem? Problem)> FindAsync(Guid agentId, bool withApp, CancellationToken cancellationToken)
    {
        if (await platform.Channels.AsNoTracking().SingleOrDefaultAsync(c => c.AgentId == agentId, cancellationToken) is not { } channel)
            return (null, new AccessProblem("channel_not_connected", "This agent has no WhatsApp number yet. Connect one on its Deploy tab first."));
        if (!SendUrl.TryParse(channel.SendUrl, options.Value, out var url, out var malformed))
            return (null, new AccessProblem("channel_broken", malformed));
        if (Unprotect(channel.AccessTokenCipher) is not { } token)
            return (null, new AccessProblem("channel_broken", "The access token cannot be decrypted any more. Enter it again on the channel's card."));
        if (channel.BusinessAccountId is { } known && !withApp)
            return (new Account(channel, url, token, known, null), null);

        var answer = await graph.GetPhoneNumberAsync(url, token, cancellationToken);
        if (answer.Value is not { } number)
            return (null, new AccessProblem("meta_refused", answer.Error?.Advice ?? "WhatsApp did not tell the number's details."));
        return (channel.BusinessAccountId ?? number.BusinessAccountId) is { } account
            ? (new Account(channel, url, token, account, number.AppId), null)
            : (null, new AccessProblem("account_unknown", "WhatsApp does not tell which business account the number belongs to. Enter the account's id on the channel's card."));
    }

    private string? Unprotect(string cipher)
    {
        try
        {
            return secrets.Unprotect(cipher);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }
}
