using Npgsql;

namespace Bookbag.Inbound.Media;

/// <summary>A stored file as a stream that can be read from any place: one piece is held at a time, so a large file costs no memory.</summary>
internal sealed class MediaStream(NpgsqlDataSource dataSource, Guid channelId, Guid id, long size) : Stream
{
    private byte[] _piece = [];
    private long _loaded = -1;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => size;

    public override long Position { get; set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= size || buffer.IsEmpty)
            return 0;
        var nr = Position / MediaStore.PieceSize;
        if (nr != _loaded)
        {
            await using var command = dataSource.CreateCommand(MediaSql.ReadPiece);
            command.Parameters.AddWithValue("channel", channelId);
            command.Parameters.AddWithValue("id", id);
            command.Parameters.AddWithValue("nr", (int)nr);
            _piece = await command.ExecuteScalarAsync(cancellationToken) as byte[] ?? throw new IOException("The file is not here any more.");
            _loaded = nr;
        }

        var at = (int)(Position % MediaStore.PieceSize);
        var count = Math.Min(buffer.Length, _piece.Length - at);
        _piece.AsSpan(at, count).CopyTo(buffer.Span);
        Position += count;
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("It is read asynchronously.");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => size + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
