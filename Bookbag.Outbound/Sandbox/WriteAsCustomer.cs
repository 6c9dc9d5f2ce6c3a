using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>A simulated customer writes to a number: the message opens the window and goes out as a signed webhook.</summary>
internal sealed class WriteAsCustomer(SandboxState state, MediaShelf shelf, WebhookOutbox outbox, SandboxStats stats, SandboxOptions options, TimeProvider clock)
{
    // What customers do without writing; whether it opens the window is not documented, so it does not.
    private static readonly string[] NotWriting = ["reaction", "system", "edit", "revoke", "unsupported", "request_welcome"];

    /// <returns>The message; null with the reason why it cannot be written.</returns>
    public (CustomerMessage? Message, string? Problem) Write(string phone, CustomerWrites request)
    {
        CustomerMessage message;
        lock (state.Gate)
        {
            if (state.Number(request.PhoneNumberId ?? options.PhoneNumberId) is not { } number)
                return (null, "phoneNumberId is not the id of a phone number.");
            var conversation = SandboxState.Conversation(number, phone);
            Describe(conversation, request);
            var now = clock.GetUtcNow();
            // Meta's timestamps have seconds, and the window counts from them.
            var at = DateTimeOffset.FromUnixTimeSeconds(request.Timestamp ?? now.ToUnixTimeSeconds());
            var draft = new Draft(conversation, request, shelf, state.Ids, at);
            if (draft.Problem is { } problem)
                return (null, problem);
            message = new CustomerMessage(conversation, draft.Wamid, draft.Type, draft.Write(), now);
            state.Add(message);
            number.Bucket.Charge(now);
            if (!NotWriting.Contains(message.Type))
                conversation.OpenWindow(draft.At);
        }

        stats.CustomerWrote();
        outbox.Add(new MessageUpdate(message));
        return (message, null);
    }

    private void Describe(Conversation conversation, CustomerWrites request)
    {
        conversation.Name = request.Name ?? conversation.Name;
        conversation.Username = request.Username ?? conversation.Username;
        conversation.HidePhone = request.HidePhone ?? conversation.HidePhone;
        if (request.UserId is not { } userId || userId == conversation.UserId)
            return;
        state.Keep(conversation);
        conversation.Number.Identify(conversation, userId);
    }

    /// <summary>The message object about to be written.</summary>
    private sealed class Draft
    {
        private readonly Conversation _conversation;
        private readonly CustomerWrites _request;
        private readonly MediaShelf _shelf;

        public Draft(Conversation conversation, CustomerWrites request, MediaShelf shelf, MessageIds ids, DateTimeOffset at)
        {
            (_conversation, _request, _shelf) = (conversation, request, shelf);
            if (request.Raw is { ValueKind: not JsonValueKind.Object and not JsonValueKind.Null })
                Problem = "raw must be a message object.";
            var raw = Raw ?? default;
            Wamid = raw.Text("id") ?? ids.Incoming(conversation.Phone);
            Type = raw.Text("type") ?? request.Type;
            At = long.TryParse(raw.Member("timestamp")?.ToString(), CultureInfo.InvariantCulture, out var seconds) ? DateTimeOffset.FromUnixTimeSeconds(seconds) : at;
            if (Raw is null && request.Content is null && !CustomerContent.HasSample(Type))
                Problem = $"There is no sample of type {Type}: give its content, or the whole message as raw.";
        }

        public string? Problem { get; }
        public string Wamid { get; }
        public string Type { get; }
        public DateTimeOffset At { get; }

        private JsonElement? Raw => _request.Raw is { ValueKind: JsonValueKind.Object } raw ? raw : null;

        public byte[] Write()
        {
            var buffer = new ArrayBufferWriter<byte>(256);
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                WriteFrame(writer);
                if (Raw is { } raw)
                {
                    foreach (var member in raw.EnumerateObject())
                        member.WriteTo(writer);
                }
                else
                {
                    writer.WriteString("type"u8, Type);
                    WriteContent(writer);
                }

                writer.WriteEndObject();
            }

            return buffer.WrittenSpan.ToArray();
        }

        private void WriteFrame(Utf8JsonWriter writer)
        {
            var raw = Raw ?? default;
            if (raw.Member("context") is null && _request.Context is { } context)
            {
                writer.WriteStartObject("context"u8);
                writer.WriteString("from"u8, _conversation.Number.Digits);
                writer.WriteString("id"u8, context);
                writer.WriteEndObject();
            }

            if (raw.Member("from") is null && !_conversation.HidePhone)
                writer.WriteString("from"u8, _conversation.Phone);
            if (raw.Member("from_user_id") is null)
                writer.WriteString("from_user_id"u8, _conversation.UserId);
            if (raw.Member("id") is null)
                writer.WriteString("id"u8, Wamid);
            if (raw.Member("timestamp") is null)
                writer.WriteString("timestamp"u8, At.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        }

        private void WriteContent(Utf8JsonWriter writer)
        {
            if (_request.Content is { } content)
            {
                writer.WritePropertyName(Type);
                content.WriteTo(writer);
            }
            else if (Type == "button")
            {
                WriteTap(writer);
            }
            else
            {
                CustomerContent.WriteSample(
                    writer, Type, _request.Text, _request.Context ?? (Type is "edit" or "revoke" ? LastOfCustomer() : LastOfBusiness()), MediaShelf.HasSample(Type) ? _shelf.Receive(Type, _request.File) : null);
            }
        }

        // Of the template that is answered, else of the latest one that has buttons.
        private void WriteTap(Utf8JsonWriter writer)
        {
            var template = _conversation.Items.OfType<BusinessMessage>().LastOrDefault(m => _request.Context is { } answered ? m.Wamid == answered : m.QuickReplies.Count > 0);
            var label = _request.Text ?? (template is { QuickReplies: [var first, ..] } ? first : "Yes");
            CustomerContent.WriteButton(writer, label, template?.PayloadOf(label) ?? label);
        }

        private string LastOfCustomer() => _conversation.Items.OfType<CustomerMessage>().LastOrDefault()?.Wamid ?? Wamid;

        private string LastOfBusiness() => _conversation.Items.OfType<BusinessMessage>().LastOrDefault()?.Wamid ?? Wamid;
    }
}
