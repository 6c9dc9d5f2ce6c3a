using Npgsql;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>The uploaded file as a stream, a chunk in memory at a time.</summary>
internal sealed class ImportStream(NpgsqlDataSource dataSource, Guid workspaceId, Guid importId) : Stream
{
    private byte[] _chunk = [];
    private int _at;
    private int _next;
    private bool _ended;

    /// <summary>How many bytes were read.</summary>
    public long Passed { get; private set; }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at == _chunk.Length && !_ended)
        {
            await using var command = dataSource.CreateCommand(ImportSql.NextChunk);
            command.Parameters.AddWithValue("workspace", workspaceId);
            command.Parameters.AddWithValue("id", importId);
            command.Parameters.AddWithValue("number", _next);
            (_chunk, _at) = (await command.ExecuteScalarAsync(cancellationToken) as byte[] ?? [], 0);
            (_next, _ended) = (_next + 1, _chunk.Length == 0);
        }

        var count = Math.Min(buffer.Length, _chunk.Length - _at);
        _chunk.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        Passed += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
