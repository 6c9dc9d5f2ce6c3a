using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using FsCheck.Xunit;

namespace Bookbag.Tests.Outbound.Sandbox;

public sealed class MetaJsonTests
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [InlineData("""{"a":"plain"}""", """{"a":"plain"}""")]
    [InlineData("""{"a":"äöå"}""", """{"a":"\u00e4\u00f6\u00e5"}""")]
    [InlineData("""{"a":"😀"}""", """{"a":"\ud83d\ude00"}""")]
    [InlineData("""{"a":"\uD83D\uDE00"}""", """{"a":"\ud83d\ude00"}""")]
    [InlineData("""{"a":"http://x"}""", """{"a":"http:\/\/x"}""")]
    [InlineData("""{"a":"http:\/\/x"}""", """{"a":"http:\/\/x"}""")]
    [InlineData("""{"a":"<b> 5% @me"}""", """{"a":"\u003Cb> 5\u0025 \u0040me"}""")]
    [InlineData("""{"a":"q\"\\u00E4\n"}""", """{"a":"q\"\\u00E4\n"}""")]
    public void Escapes_as_Meta_does(string json, string expected) => Assert.Equal(expected, Escape(json));

    [Property]
    public void What_was_written_is_what_is_read(string? text)
    {
        var json = JsonSerializer.Serialize(text, Relaxed);
        var escaped = Escape(json);
        Assert.All(escaped, c => Assert.InRange(c, '\u0000', '\u007e'));
        Assert.Equal(JsonSerializer.Deserialize<string>(json), JsonSerializer.Deserialize<string>(escaped));
    }

    private static string Escape(string json)
    {
        var output = new ArrayBufferWriter<byte>();
        MetaJson.Escape(Encoding.UTF8.GetBytes(json), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
