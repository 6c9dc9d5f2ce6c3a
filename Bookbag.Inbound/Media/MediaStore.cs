using System.Security.Cryptography;
using Bookbag.Inbound.Webhooks;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Inbound.Media;

/// <summary>A task with a file that a worker has taken.</summary>
/// <param name="Attempts">How often it was taken: the fence.</param>
internal sealed record MediaTask(
    Guid ChannelId, Guid Id, Guid ConversationId, string Task, string Kind, string? MimeType, string? Filename, string? MetaId, string? Url, byte[]? Sha256, long? Size,
    int Attempts, DateTimeOffset ReceivedAt);

/// <summary>Files, kept in Postgres in pieces: every replica has them, they are backed up with what they belong to, and nothing else has to be run.</summary>
public sealed class MediaStore(NpgsqlDataSource dataSource)
{
    /// <summary>The length of every piece but the last.</summary>
    internal const int PieceSize = 256 * 1024;

    /// <summary>A stored file's bytes, from any place in it. Each piece is read when it is come to.</summary>
    public Stream Open(Guid channelId, Guid id, long size) => new MediaStream(dataSource, channelId, id, size);

    internal async Task<List<MediaTask>> ClaimAsync(DateTimeOffset now, int most, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(MediaSql.Claim);
        command.Parameters.AddWithValue("now", now);
        command.Parameters.AddWithValue("batch", most);
        command.Parameters.AddWithValue("lease_until", now + lease);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        var tasks = new List<MediaTask>();
        while (await row.ReadAsync(cancellationToken))
        {
            tasks.Add(new(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), row.GetString(3), row.GetString(4), row.Text(5), row.Text(6), row.Text(7), row.Text(8),
                row.IsDBNull(9) ? null : row.GetFieldValue<byte[]>(9), row.IsDBNull(10) ? null : row.GetInt64(10), row.GetInt32(11), row.GetFieldValue<DateTimeOffset>(12)));
        }

        return tasks;
    }

    /// <summary>Begins to write a file. What is written is there when <see cref="Writing.FinishAsync"/> says so, and never in part.</summary>
    internal async Task<Writing> WriteAsync(MediaTask task, CancellationToken cancellationToken)
    {
        var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        try
        {
            return await Writing.BeginAsync(connection, task, cancellationToken);
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Enters the file of a message that goes out, in the caller's transaction.</summary>
    internal static async Task AddAsync(NpgsqlConnection connection, Guid channelId, Guid conversationId, Guid agentId, Guid id, OutgoingFile file, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = connection.Statement(MediaSql.Outgoing);
        command.Parameters.AddWithValue("channel", channelId);
        command.Parameters.AddWithValue("conversation", conversationId);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("id", id);
        command.Parameters.AddWithValue("kind", file.Kind);
        command.Parameters.AddWithValue("mime", file.MimeType);
        command.Parameters.AddWithValue("filename", NpgsqlDbType.Text, (object?)file.Filename ?? DBNull.Value);
        command.Parameters.AddWithValue("sha256", file.Sha256);
        command.Parameters.AddWithValue("size", file.Size);
        command.Parameters.AddWithValue("now", now);
        await command.ExecuteNonQueryAsync(cancellationToken);
        if (file.Source is { } source)
        {
            await using var copy = connection.Statement(MediaSql.CopyPieces);
            copy.Parameters.AddWithValue("channel", channelId);
            copy.Parameters.AddWithValue("id", id);
            copy.Parameters.AddWithValue("source", source);
            await copy.ExecuteNonQueryAsync(cancellationToken);
            return;
        }

        var pieces = new PieceWriter(connection, channelId, id);
        var buffer = new byte[PieceSize];
        file.Content!.Position = 0;
        int read;
        while ((read = await file.Content.ReadAsync(buffer, cancellationToken)) > 0)
            await pieces.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        await pieces.FlushAsync(cancellationToken);
    }

    internal async Task<bool> ChangeAsync(string sql, MediaTask task, DateTimeOffset now, CancellationToken cancellationToken, params (string Name, object? Value)[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        AddTask(command, task);
        command.Parameters.AddWithValue("now", now);
        foreach (var (name, value) in parameters)
            command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    internal async Task<int> ExpireAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(MediaSql.Expire);
        command.Parameters.AddWithValue("before", before);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddTask(NpgsqlCommand command, MediaTask task)
    {
        command.Parameters.AddWithValue("channel", task.ChannelId);
        command.Parameters.AddWithValue("id", task.Id);
        command.Parameters.AddWithValue("attempts", task.Attempts);
    }

    /// <summary>A file on its way in: one transaction.</summary>
    internal sealed class Writing : IAsyncDisposable
    {
        private readonly NpgsqlConnection _connection;
        private readonly NpgsqlTransaction _transaction;
        private readonly MediaTask _task;
        private readonly PieceWriter _pieces;

        private Writing(NpgsqlConnection connection, NpgsqlTransaction transaction, MediaTask task)
        {
            (_connection, _transaction, _task) = (connection, transaction, task);
            _pieces = new(connection, task.ChannelId, task.Id);
        }

        public static async Task<Writing> BeginAsync(NpgsqlConnection connection, MediaTask task, CancellationToken cancellationToken)
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await using var forget = connection.Statement(MediaSql.ForgetPieces);
            forget.Parameters.AddWithValue("channel", task.ChannelId);
            forget.Parameters.AddWithValue("id", task.Id);
            await forget.ExecuteNonQueryAsync(cancellationToken);
            return new(connection, transaction, task);
        }

        public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _pieces.WriteAsync(bytes, cancellationToken);

        /// <summary>Keeps what was written. False when somebody else has the task by now: then nothing is kept.</summary>
        public async Task<bool> FinishAsync(long size, byte[] sha256, string? mimeType, string? next, DateTimeOffset now, CancellationToken cancellationToken)
        {
            await _pieces.FlushAsync(cancellationToken);
            await using var command = _connection.Statement(MediaSql.Fetched);
            AddTask(command, _task);
            command.Parameters.AddWithValue("size", size);
            command.Parameters.AddWithValue("sha256", sha256);
            command.Parameters.AddWithValue("mime", NpgsqlDbType.Text, (object?)mimeType ?? DBNull.Value);
            command.Parameters.AddWithValue("next", NpgsqlDbType.Text, (object?)next ?? DBNull.Value);
            command.Parameters.AddWithValue("now", now);
            if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
                return false;
            await _transaction.CommitAsync(cancellationToken);
            return true;
        }

        public async ValueTask DisposeAsync()
        {
            await _transaction.DisposeAsync();
            await _connection.DisposeAsync();
        }
    }

    /// <summary>Cuts a stream into pieces.</summary>
    private sealed class PieceWriter(NpgsqlConnection connection, Guid channelId, Guid id)
    {
        private readonly byte[] _piece = new byte[PieceSize];
        private int _filled;
        private int _nr;

        public async Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            while (!bytes.IsEmpty)
            {
                var fits = Math.Min(bytes.Length, PieceSize - _filled);
                bytes[..fits].CopyTo(_piece.AsMemory(_filled));
                _filled += fits;
                bytes = bytes[fits..];
                if (_filled == PieceSize)
                    await FlushAsync(cancellationToken);
            }
        }

        public async Task FlushAsync(CancellationToken cancellationToken)
        {
            if (_filled == 0)
                return;
            await using var command = connection.Statement(MediaSql.AddPiece);
            command.Parameters.AddWithValue("channel", channelId);
            command.Parameters.AddWithValue("id", id);
            command.Parameters.AddWithValue("nr", _nr++);
            command.Parameters.AddWithValue("bytes", NpgsqlDbType.Bytea, new ReadOnlyMemory<byte>(_piece, 0, _filled));
            await command.ExecuteNonQueryAsync(cancellationToken);
            _filled = 0;
        }
    }
}

/// <summary>A file that goes out: uploaded here, or one that is stored already.</summary>
public sealed record OutgoingFile(string Kind, string MimeType, string? Filename, long Size, byte[] Sha256)
{
    /// <summary>The bytes that were uploaded.</summary>
    public Stream? Content { get; init; }

    /// <summary>The stored file of the same channel that is sent again.</summary>
    public Guid? Source { get; init; }

    /// <summary>Reads what was uploaded once, for its SHA-256.</summary>
    public static async Task<byte[]> HashAsync(Stream content, CancellationToken cancellationToken)
    {
        content.Position = 0;
        return await SHA256.HashDataAsync(content, cancellationToken);
    }
}
