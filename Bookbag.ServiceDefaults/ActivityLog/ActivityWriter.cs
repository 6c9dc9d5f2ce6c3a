using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.ServiceDefaults.ActivityLog;

/// <summary>Writes down who did what, and when.</summary>
public sealed class ActivityWriter(NpgsqlDataSource dataSource, TimeProvider clock)
{
    private const string Insert = """
        INSERT INTO platform.activity (workspace_id, at, id, action, actor_kind, actor_id, actor, agent_id, subject_id, subject)
        VALUES (@workspace, @at, @id, @action, @kind, @actor_id, @actor, @agent, @subject_id, @subject)
        """;

    // One statement whether or not somebody has the address: who tries addresses learns nothing from the time it takes.
    private const string InsertOfMember = """
        INSERT INTO platform.activity (workspace_id, at, id, action, actor_kind, actor_id, actor, subject_id)
        SELECT workspace_id, @at, @id, @action, 'member', id, email, id FROM platform.members WHERE normalized_email = @email
        """;

    /// <summary>A caller did something.</summary>
    public async Task WriteAsync(Caller caller, ActorKind kind, string action, Guid? agentId, Guid? subjectId, string? subject, CancellationToken cancellationToken)
    {
        await using var command = Command(Insert, action);
        command.Parameters.AddWithValue("workspace", caller.WorkspaceId);
        command.Parameters.AddWithValue("kind", EnumWords.Of(kind));
        command.Parameters.AddWithValue("actor_id", caller.ActorId);
        command.Parameters.AddWithValue("actor", caller.Name);
        command.Parameters.Add(new NpgsqlParameter("agent", NpgsqlDbType.Uuid) { Value = agentId ?? (object)DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter("subject_id", NpgsqlDbType.Uuid) { Value = subjectId ?? (object)DBNull.Value });
        command.Parameters.Add(new NpgsqlParameter("subject", NpgsqlDbType.Text) { Value = subject ?? (object)DBNull.Value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Somebody came to the door as that member. An address that nobody has is of no workspace, and is not written down.</summary>
    /// <param name="email">The address, normalised as Identity does.</param>
    /// <param name="action">What came of it.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task WriteOfMemberAsync(string email, string action, CancellationToken cancellationToken)
    {
        await using var command = Command(InsertOfMember, action);
        command.Parameters.AddWithValue("email", email);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private NpgsqlCommand Command(string sql, string action)
    {
        var now = clock.GetUtcNow();
        var command = dataSource.CreateCommand(sql);
        command.Parameters.AddWithValue("at", now);
        command.Parameters.AddWithValue("id", Guid.CreateVersion7(now));
        command.Parameters.AddWithValue("action", action);
        return command;
    }
}
