namespace Bookbag.Outbound.Contacts.Imports;

internal static class ImportSql
{
    public const string Begin = """
        INSERT INTO outbound.imports (workspace_id, agent_id, id, file_name, state, created_by, created_at)
        VALUES (@workspace, @agent, @id, @file_name, 'uploading', @actor, @now)
        """;

    public const string Chunk = "INSERT INTO outbound.import_chunks (workspace_id, import_id, number, data) VALUES (@workspace, @id, @number, @data)";

    public const string Arrive = """
        UPDATE outbound.imports SET state = 'ready', bytes = @bytes, encoding = @encoding, delimiter = @delimiter, has_header = @has_header, columns = @columns
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND state = 'uploading'
        """;

    public const string Start = """
        UPDATE outbound.imports SET state = 'running', mapping = @mapping, default_region = @region, tags = @tags, opted_in = @opted_in, has_header = @has_header, started_at = @now
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND state = 'ready'
        """;

    // A worker that holds the lease finds at its next commit that the import is no longer its own, and rolls its batch back.
    public const string Cancel = """
        UPDATE outbound.imports SET state = 'cancelled', finished_at = @now, lease_id = NULL, lease_until = NULL
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND state IN ('uploading', 'ready', 'running')
        """;

    // Takes the oldest import that nobody works on, or whose worker died. The partial index of running imports serves it.
    public const string Claim = """
        WITH free AS MATERIALIZED (
            SELECT workspace_id, agent_id, id FROM outbound.imports
            WHERE state = 'running' AND (lease_until IS NULL OR lease_until < @now)
            ORDER BY started_at LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        UPDATE outbound.imports i SET lease_id = @lease, lease_until = @until FROM free f
        WHERE i.workspace_id = f.workspace_id AND i.agent_id = f.agent_id AND i.id = f.id
        RETURNING i.workspace_id, i.agent_id, i.id, i.encoding, i.delimiter, i.has_header, i.mapping, i.default_region, i.tags, i.opted_in, i.created_by, i.rows_read, i.columns
        """;

    // The checkpoint, in the transaction that made contacts of the rows. No row: cancelled, or another worker has it.
    public const string Checkpoint = """
        UPDATE outbound.imports SET rows_read = @rows, bytes_read = least(@bytes, bytes), rows_created = rows_created + @created, rows_updated = rows_updated + @updated,
            rows_duplicate = rows_duplicate + @duplicate, rows_failed = rows_failed + @failed, lease_until = @until
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND state = 'running' AND lease_id = @lease
        """;

    public const string End = """
        UPDATE outbound.imports SET state = @state, problem = @problem, finished_at = @now, lease_id = NULL, lease_until = NULL,
            bytes_read = CASE WHEN @state = 'completed' THEN bytes ELSE bytes_read END
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND state = 'running' AND lease_id = @lease
        """;

    public const string Release = """
        UPDATE outbound.imports SET lease_id = NULL, lease_until = NULL
        WHERE workspace_id = @workspace AND agent_id = @agent AND id = @id AND lease_id = @lease
        """;

    public const string Errors = "COPY outbound.import_errors (workspace_id, import_id, row, column_name, code, message, cells) FROM STDIN (FORMAT binary)";

    // Files of imports that are over are dropped, and uploads that were broken off or never started end.
    public const string Sweep = """
        WITH stale AS (
            UPDATE outbound.imports SET state = 'cancelled', finished_at = @now, problem = 'It was not started.'
            WHERE (state = 'uploading' AND created_at < @now - interval '1 hour') OR (state = 'ready' AND created_at < @now - interval '1 day')
        )
        DELETE FROM outbound.import_chunks c USING outbound.imports i
        WHERE i.workspace_id = c.workspace_id AND i.id = c.import_id AND i.finished_at IS NOT NULL
        """;

    public const string NextChunk = "SELECT data FROM outbound.import_chunks WHERE workspace_id = @workspace AND import_id = @id AND number = @number";
}
