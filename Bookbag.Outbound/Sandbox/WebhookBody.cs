using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Writes the bodies of webhooks; its buffers are used again for every one.</summary>
/// <remarks>
/// <c>{"object":"whatsapp_business_account","entry":[{"id":"&lt;account&gt;","changes":[{"value":{"messaging_product":"whatsapp",
/// "metadata":{…},"contacts":[…],"statuses":[…]},"field":"messages"}]}]}</c>. Neighbours of one account share an entry, and
/// neighbours of one number and kind share a change.
/// </remarks>
internal sealed class WebhookBody : IDisposable
{
    private readonly ArrayBufferWriter<byte> _json = new(4096);
    private readonly ArrayBufferWriter<byte> _escaped = new(4096);
    private readonly Utf8JsonWriter _writer;

    public WebhookBody() => _writer = new Utf8JsonWriter(_json, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <summary>The body that tells of all the updates, as it goes over the wire. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> Write(IReadOnlyList<WebhookUpdate> updates)
    {
        _json.ResetWrittenCount();
        _escaped.ResetWrittenCount();
        _writer.Reset();

        _writer.WriteStartObject();
        _writer.WriteString("object"u8, "whatsapp_business_account"u8);
        _writer.WriteStartArray("entry"u8);
        for (var i = 0; i < updates.Count;)
            i = WriteEntry(updates, i);
        _writer.WriteEndArray();
        _writer.WriteEndObject();
        _writer.Flush();

        MetaJson.Escape(_json.WrittenSpan, _escaped);
        return _escaped.WrittenMemory;
    }

    public void Dispose() => _writer.Dispose();

    private int WriteEntry(IReadOnlyList<WebhookUpdate> updates, int first)
    {
        var account = updates[first].Number.Account;
        _writer.WriteStartObject();
        _writer.WriteString("id"u8, account.Id);
        _writer.WriteStartArray("changes"u8);
        var next = first;
        while (next < updates.Count && updates[next].Number.Account == account)
            next = WriteChange(updates, next);
        _writer.WriteEndArray();
        _writer.WriteEndObject();
        return next;
    }

    private int WriteChange(IReadOnlyList<WebhookUpdate> updates, int first)
    {
        var head = updates[first];
        var end = first + 1;
        while (head is not RawUpdate && end < updates.Count && updates[end].Number == head.Number && updates[end].List == head.List)
            end++;

        _writer.WriteStartObject();
        _writer.WritePropertyName("value"u8);
        if (head is RawUpdate)
            head.WriteItem(_writer);
        else
            WriteMessagesValue(updates, first, end);
        _writer.WriteString("field"u8, head.Field);
        _writer.WriteEndObject();
        return end;
    }

    private void WriteMessagesValue(IReadOnlyList<WebhookUpdate> updates, int first, int end)
    {
        var number = updates[first].Number;
        _writer.WriteStartObject();
        _writer.WriteString("messaging_product"u8, "whatsapp"u8);
        _writer.WriteStartObject("metadata"u8);
        _writer.WriteString("display_phone_number"u8, number.Digits);
        _writer.WriteString("phone_number_id"u8, number.Id);
        _writer.WriteEndObject();
        _writer.WriteStartArray("contacts"u8);
        for (var i = first; i < end; i++)
            updates[i].WriteContact(_writer);
        _writer.WriteEndArray();
        _writer.WriteStartArray(updates[first].List);
        for (var i = first; i < end; i++)
            updates[i].WriteItem(_writer);
        _writer.WriteEndArray();
        _writer.WriteEndObject();
    }
}
