using System.Globalization;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Templates;

/// <summary>What a sync found.</summary>
/// <param name="Complete">Whether every page was read.</param>
/// <param name="Problems">What was not, in words.</param>
public sealed record SyncOutcome(int Found, bool Complete, IReadOnlyList<string> Problems);

/// <summary>Brings an agent's templates in line with Meta's. Page by page: what was read counts, even where the next page fails.</summary>
internal sealed class SyncTemplates(GraphClient graph, NpgsqlDataSource dataSource, TemplateMetrics metrics, TimeProvider clock)
{
    private const int BadCursor = 131059;
    private const int MostPages = 100;

    /// <summary>Syncs.</summary>
    /// <returns>Null while another sync of this agent is under way.</returns>
    public async Task<SyncOutcome?> RunAsync(Account account, CancellationToken cancellationToken)
    {
        var askedAt = clock.GetUtcNow();
        if (await ExecuteAsync(TemplateSql.SyncBegins, account, cancellationToken, ("now", askedAt)) == 0)
            return null;

        var seen = new HashSet<string>(StringComparer.Ordinal);
        var problems = new List<string>();
        var complete = await ReadPagesAsync(account, askedAt, seen, problems, cancellationToken);
        if (complete && problems.Count == 0)
            await ExecuteAsync(TemplateSql.Vanish, account, cancellationToken, ("now", clock.GetUtcNow()), ("asked_at", askedAt), ("seen", seen.ToArray()));
        await ExecuteAsync(TemplateSql.SyncEnds, account, cancellationToken,
            ("now", clock.GetUtcNow()), ("found", seen.Count), ("problems", problems.ToArray()), ("complete", complete));
        metrics.Synced(complete ? "complete" : "incomplete");
        return new SyncOutcome(seen.Count, complete, problems);
    }

    /// <summary>Keeps that an agent's templates could not be asked for at all.</summary>
    public async Task FailAsync(Guid workspaceId, Guid agentId, string problem, CancellationToken cancellationToken)
    {
        metrics.Synced("no_access");
        foreach (var (sql, more) in new[] { (TemplateSql.SyncBegins, false), (TemplateSql.SyncEnds, true) })
        {
            await using var command = dataSource.CreateCommand(sql);
            command.Parameters.AddWithValue("workspace", workspaceId);
            command.Parameters.AddWithValue("agent", agentId);
            command.Parameters.AddWithValue("now", clock.GetUtcNow());
            if (more)
            {
                command.Parameters.AddWithValue("found", 0);
                command.Parameters.AddWithValue("problems", new[] { problem });
                command.Parameters.AddWithValue("complete", false);
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private async Task<bool> ReadPagesAsync(Account account, DateTimeOffset askedAt, HashSet<string> seen, List<string> problems, CancellationToken cancellationToken)
    {
        string? after = null;
        var restarted = false;
        for (var page = 1; page <= MostPages; page++)
        {
            var answer = await graph.ListTemplatesAsync(account.Url, account.AccessToken, account.BusinessAccountId, after, cancellationToken);
            if (answer.Error is { Code: BadCursor } && !restarted)
            {
                // Meta forgot where we were: once more from the beginning.
                (after, restarted) = (null, true);
                continue;
            }

            if (answer.Value is not { } read)
            {
                problems.Add(string.Create(CultureInfo.InvariantCulture, $"Page {page} could not be read: {answer.Error!.Advice}"));
                return false;
            }

            await KeepAsync(account, read.Templates, askedAt, cancellationToken);
            seen.UnionWith(read.Templates.Select(template => template.Id));
            problems.AddRange(read.Problems);
            if (read.Next is null)
                return true;
            after = read.Next;
        }

        problems.Add($"There are more than {MostPages} pages of templates; the rest was not read.");
        return false;
    }

    private async Task KeepAsync(Account account, IReadOnlyList<MetaTemplate> templates, DateTimeOffset askedAt, CancellationToken cancellationToken)
    {
        if (templates.Count == 0)
            return;
        await using var command = dataSource.CreateCommand(TemplateSql.Sync);
        command.Parameters.AddWithValue("workspace", account.Channel.WorkspaceId);
        command.Parameters.AddWithValue("agent", account.Channel.AgentId);
        command.Parameters.AddWithValue("channel", account.Channel.Id);
        command.Parameters.AddWithValue("account", account.BusinessAccountId);
        command.Parameters.AddWithValue("asked_at", askedAt);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        Add("ids", templates.Select(t => t.Id));
        Add("names", templates.Select(t => t.Name));
        Add("languages", templates.Select(t => t.Language));
        Add("statuses", templates.Select(t => t.Status));
        Add("categories", templates.Select(t => t.Category));
        Add("formats", templates.Select(t => t.ParameterFormat));
        Add("components", templates.Select(t => t.Components));
        Add("reasons", templates.Select(t => t.RejectedReason));
        Add("qualities", templates.Select(t => t.Quality));
        Add("previous", templates.Select(t => t.PreviousCategory));
        command.Parameters.Add(new NpgsqlParameter("ttls", NpgsqlDbType.Array | NpgsqlDbType.Integer) { Value = templates.Select(t => t.TtlSeconds).ToArray() });
        await command.ExecuteNonQueryAsync(cancellationToken);

        void Add(string name, IEnumerable<string?> values) =>
            command.Parameters.Add(new NpgsqlParameter(name, NpgsqlDbType.Array | NpgsqlDbType.Text) { Value = values.ToArray() });
    }

    private async Task<int> ExecuteAsync(string sql, Account account, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("workspace", account.Channel.WorkspaceId);
        command.Parameters.AddWithValue("agent", account.Channel.AgentId);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
