using System.Security.Cryptography;

namespace Bookbag.Outbound.Sandbox;

/// <summary>A file at the sandbox.</summary>
internal sealed record SandboxFile(string Id, byte[] Bytes, string MimeType, string? Filename, DateTimeOffset At, TimeSpan Lives)
{
    public byte[] Sha256 { get; } = SHA256.HashData(Bytes);
}

/// <summary>The files that customers sent and that the product uploaded, in memory, bounded: the oldest go first.</summary>
internal sealed class MediaShelf(SandboxOptions options, SandboxState state, TimeProvider clock)
{
    // How long Meta keeps a file that a customer sent, and one that was uploaded.
    private static readonly TimeSpan Received = TimeSpan.FromDays(7);
    private static readonly TimeSpan Uploaded = TimeSpan.FromDays(30);

    // The smallest files that are what they say: a white pixel each, a page of PDF, the beginnings of a film and of a recording.
    private static readonly Dictionary<string, (string MimeType, string? Filename, byte[] Bytes)> Samples = new()
    {
        ["image"] = ("image/png", null, Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR42mP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC")),
        ["sticker"] = ("image/webp", null, Convert.FromBase64String("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")),
        ["video"] = ("video/mp4", null, [0, 0, 0, 24, .. "ftypmp42"u8, 0, 0, 0, 0, .. "mp42isom"u8]),
        ["audio"] = ("audio/ogg; codecs=opus", null, [.. "OggS"u8, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, .. "OpusHead"u8]),
        ["document"] = ("application/pdf", "invoice.pdf", [.. "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n"u8]),
    };

    private readonly Lock _gate = new();
    private readonly Dictionary<string, SandboxFile> _files = [];
    private readonly Queue<SandboxFile> _oldest = [];
    private long _bytes;

    /// <summary>Whether customers can send a file of that type without bringing one.</summary>
    public static bool HasSample(string type) => Samples.ContainsKey(type);

    /// <summary>A customer's file; a sample where they brought none.</summary>
    public SandboxFile Receive(string type, CustomerFile? file)
    {
        var (mimeType, filename, bytes) = Samples[type];
        return Keep(file?.Bytes ?? bytes, file?.MimeType ?? mimeType, file is null ? filename : file.Filename, Received);
    }

    /// <summary>A file that the product uploads.</summary>
    public SandboxFile Upload(byte[] bytes, string mimeType, string? filename) => Keep(bytes, mimeType, filename, Uploaded);

    /// <summary>The file of an id; null where there is none, or none any more.</summary>
    public SandboxFile? Find(string id)
    {
        lock (_gate)
            return _files.TryGetValue(id, out var file) && clock.GetUtcNow() < file.At + file.Lives ? file : null;
    }

    public void Delete(string id)
    {
        lock (_gate)
        {
            if (_files.Remove(id, out var file))
                _bytes -= file.Bytes.Length;
        }
    }

    private SandboxFile Keep(byte[] bytes, string mimeType, string? filename, TimeSpan lives)
    {
        var file = new SandboxFile(state.Ids.Media(), bytes, mimeType, filename, clock.GetUtcNow(), lives);
        lock (_gate)
        {
            _files.Add(file.Id, file);
            _oldest.Enqueue(file);
            _bytes += bytes.Length;
            while (_bytes > options.MaxMediaBytes && _oldest.TryDequeue(out var oldest))
            {
                if (_files.Remove(oldest.Id))
                    _bytes -= oldest.Bytes.Length;
            }
        }

        return file;
    }
}
