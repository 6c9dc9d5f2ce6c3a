using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Aspire.Hosting.ApplicationModel;

public readonly record struct LogLine(int LineNumber, string Content, bool IsErrorMessage);

/// <summary>Keeps the last lines that each resource wrote, and hands on new ones as they come.</summary>
public class ResourceLoggerService
{
    private readonly ConcurrentDictionary<string, ResourceLog> _logs = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What a resource, or one replica of it, has written so far.</summary>
    public IAsyncEnumerable<IReadOnlyList<LogLine>> GetAllAsync(string resourceName) =>
        new[] { Tail(resourceName, int.MaxValue) }.ToAsyncEnumerable();

    /// <summary>What was written so far, then every new line.</summary>
    public async IAsyncEnumerable<IReadOnlyList<LogLine>> WatchAsync(string resourceName)
    {
        await foreach (var line in FollowAsync(resourceName, CancellationToken.None))
            yield return [line];
    }

    internal event Action<string, LogLine>? Written;

    internal void Write(string resourceId, string content, bool isError)
    {
        var line = LogOf(resourceId).Add(content, isError);
        Written?.Invoke(resourceId, line);
    }

    internal IReadOnlyList<LogLine> Tail(string resourceId, int lines) => LogOf(resourceId).Tail(lines);

    internal IAsyncEnumerable<LogLine> FollowAsync(string resourceId, CancellationToken cancellationToken) => LogOf(resourceId).FollowAsync(cancellationToken);

    private ResourceLog LogOf(string resourceId) => _logs.GetOrAdd(resourceId, _ => new ResourceLog());

    private sealed class ResourceLog
    {
        private const int KeptLines = 5000;
        private readonly Lock _lock = new();
        private readonly Queue<LogLine> _lines = new();
        private readonly List<Channel<LogLine>> _followers = [];
        private int _count;

        public LogLine Add(string content, bool isError)
        {
            lock (_lock)
            {
                var line = new LogLine(++_count, content, isError);
                _lines.Enqueue(line);
                if (_lines.Count > KeptLines)
                    _lines.Dequeue();
                foreach (var follower in _followers)
                    follower.Writer.TryWrite(line);
                return line;
            }
        }

        public IReadOnlyList<LogLine> Tail(int lines)
        {
            lock (_lock)
                return [.. _lines.TakeLast(lines)];
        }

        public async IAsyncEnumerable<LogLine> FollowAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            // A reader that does not keep up loses lines, not the engine its memory.
            var follower = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(2 * KeptLines) { FullMode = BoundedChannelFullMode.DropOldest });
            lock (_lock)
            {
                foreach (var line in _lines)
                    follower.Writer.TryWrite(line);
                _followers.Add(follower);
            }

            try
            {
                await foreach (var line in follower.Reader.ReadAllAsync(cancellationToken))
                    yield return line;
            }
            finally
            {
                lock (_lock)
                    _followers.Remove(follower);
            }
        }
    }
}
