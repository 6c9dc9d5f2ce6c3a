using System.Text;
using Bookbag.ServiceDefaults.Platform;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Bookbag.Outbound.Contacts;

/// <summary>How many contacts a filter finds, and what stands against sending them marketing.</summary>
/// <param name="Total">All of them.</param>
/// <param name="Reachable">Those with a phone number or a user id who did not opt out.</param>
/// <param name="OptedIn">Those of the reachable who agreed to marketing.</param>
/// <param name="OptedOut">Those who opted out.</param>
/// <param name="WithoutAddress">Those with neither a phone number nor a user id.</param>
public sealed record AudienceCount(long Total, long Reachable, long OptedIn, long OptedOut, long WithoutAddress);

/// <summary>Finds contacts by filter.</summary>
public sealed class Audience(OutboundDb db, NpgsqlDataSource dataSource)
{
    private const int MostSearch = 200;

    /// <summary>Contacts that a filter and a search find, the newest first, after the one of that id.</summary>
    public async Task<List<Contact>> ListAsync(
        Guid workspaceId, Guid agentId, ContactFilter filter, string? search, Guid? after, int take, CancellationToken cancellationToken)
    {
        var parameters = new List<NpgsqlParameter>();
        var sql = new StringBuilder("SELECT c.* FROM outbound.contacts c WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND ")
            .Append(ContactFilterSql.Where(filter, parameters));
        parameters.Add(new NpgsqlParameter("workspace", workspaceId));
        parameters.Add(new NpgsqlParameter("agent", agentId));
        if (ContactReader.Text(search) is { } words)
            Search(words.Length > MostSearch ? words[..MostSearch] : words, sql, parameters);

        // No brace can be in it: values are parameters. The tenant's filter comes on top.
        var contacts = db.Set<Contact>().FromSqlRaw(sql.ToString(), [.. parameters]).AsNoTracking();
        if (after is { } id)
            contacts = contacts.Where(c => c.Id.CompareTo(id) < 0);
        return await contacts.OrderByDescending(c => c.Id).Take(take).ToListAsync(cancellationToken);
    }

    /// <summary>Counts what a filter finds.</summary>
    public async Task<AudienceCount> CountAsync(Guid workspaceId, Guid agentId, ContactFilter filter, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand();
        var parameters = new List<NpgsqlParameter>();
        var where = ContactFilterSql.Where(filter, parameters);
        command.CommandText = $"""
            SELECT count(*), count(*) FILTER (WHERE reachable AND NOT opted_out), count(*) FILTER (WHERE reachable AND NOT opted_out AND opted_in),
                   count(*) FILTER (WHERE opted_out), count(*) FILTER (WHERE NOT reachable)
            FROM (
                SELECT c.phone IS NOT NULL OR c.user_id IS NOT NULL AS reachable, c.opted_in_at IS NOT NULL AS opted_in, {ContactFilterSql.OptedOut} AS opted_out
                FROM outbound.contacts c WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND {where}
            ) found
            """;
        command.Parameters.AddRange(parameters.ToArray());
        command.Parameters.AddWithValue("workspace", workspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new AudienceCount(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4));
    }

    /// <summary>Contacts with what they said of marketing.</summary>
    public async Task<IReadOnlyList<ContactResponse>> DescribeAsync(IReadOnlyList<Contact> contacts, CancellationToken cancellationToken)
    {
        var addresses = contacts.SelectMany(c => c.SuppressionAddresses).Distinct().ToList();
        var workspaces = contacts.Select(c => c.WorkspaceId).Distinct().ToList();
        var suppressions = (await db.Set<Suppression>().AsNoTracking().Where(s => workspaces.Contains(s.WorkspaceId) && addresses.Contains(s.Address)).ToListAsync(cancellationToken))
            .ToLookup(s => s.Address, StringComparer.Ordinal);
        return [.. contacts.Select(c => ContactResponse.Of(c, [.. c.SuppressionAddresses.SelectMany(address => suppressions[address])]))];
    }

    /// <inheritdoc cref="DescribeAsync(IReadOnlyList{Contact}, CancellationToken)"/>
    public async Task<ContactResponse> DescribeAsync(Contact contact, CancellationToken cancellationToken) => (await DescribeAsync([contact], cancellationToken))[0];

    private static void Search(string words, StringBuilder sql, List<NpgsqlParameter> parameters)
    {
        sql.Append(" AND (c.name ILIKE @q OR c.email ILIKE @q OR c.external_id ILIKE @q OR c.user_id = @exact");
        parameters.Add(new NpgsqlParameter("q", $"%{ContactFilterSql.Like(words)}%"));
        parameters.Add(new NpgsqlParameter("exact", words));
        // A number is found by any part of it, however it is written.
        var digits = string.Concat(words.Where(char.IsAsciiDigit));
        if (digits.Length >= 3 && words.All(c => char.IsAsciiDigit(c) || "+ -()/.".Contains(c, StringComparison.Ordinal)))
        {
            sql.Append(" OR c.phone LIKE @digits");
            parameters.Add(new NpgsqlParameter("digits", $"%{digits.TrimStart('0')}%"));
        }

        sql.Append(')');
    }
}

/// <summary>What contacts need to know of the platform.</summary>
internal static class ContactPlatform
{
    /// <summary>The region of the agent's own number, in which numbers without a country code are read; null without a number.</summary>
    public static async Task<string?> RegionOfAsync(this PlatformDb platform, Guid agentId, CancellationToken cancellationToken)
    {
        var number = await platform.Channels.Where(c => c.AgentId == agentId).Select(c => c.DisplayPhoneNumber).SingleOrDefaultAsync(cancellationToken);
        var digits = string.Concat((number ?? "").Where(char.IsAsciiDigit));
        return digits.Length == 0 ? null : E164.RegionOf(digits);
    }
}
