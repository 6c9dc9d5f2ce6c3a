using System.Buffers;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary><c>POST /v{N}/{phone-number-id}/messages</c>: sends a message, or marks a customer's as read.</summary>
internal sealed class SendMessage(SandboxState state, AcceptMessage acceptance, Faults faults, SandboxStats stats, TimeProvider clock)
{
    public async Task HandleAsync(HttpContext http, SandboxNumber number)
    {
        var body = await ReadAsync(http.Request, http.RequestAborted);
        stats.RequestReceived();
        var latency = faults.DrawLatency(number.Id);
        if (latency > TimeSpan.Zero)
            await Task.Delay(latency, clock, http.RequestAborted);

        using var json = Parse(body);
        if (json is null)
            await RefuseAsync(http, number, body, GraphRefusal.Parameter("The parameter messaging_product is required."));
        else if (json.RootElement.Member("status") is not null)
            await MarkAsReadAsync(http, number, json.RootElement, body);
        else
            await SendAsync(http, number, json.RootElement, body);
    }

    private async Task SendAsync(HttpContext http, SandboxNumber number, JsonElement root, byte[] body)
    {
        var fault = faults.DrawSend(number.Id);
        if (await FaultAnswer.TryAsync(http, fault, state, stats))
            return;
        if (MessageRules.Read(root, out var request) is { } malformed)
        {
            await RefuseAsync(http, number, body, malformed);
            return;
        }

        var (message, refusal) = acceptance.Take(number, request!, body);
        if (message is null)
        {
            await RefuseAsync(http, number, body, refusal!);
            return;
        }

        Keep(number, body, null);
        if (fault == SendFault.LostAnswer)
        {
            stats.Fault(fault);
            http.Abort();
            return;
        }

        if (fault == SendFault.LateAnswer)
        {
            stats.Fault(fault);
            await Task.Delay(faults.For(number.Id).LateBy, clock, http.RequestAborted);
        }

        await AnswerAsync(http.Response, request!, message);
    }

    private async Task MarkAsReadAsync(HttpContext http, SandboxNumber number, JsonElement root, byte[] body)
    {
        if (await FaultAnswer.TryAsync(http, faults.DrawCall(number.Id), state, stats))
            return;
        var refusal = MessageRules.ReadMark(root, out var request);
        if (refusal is null && !TryMark(number, request!))
            refusal = GraphRefusal.InvalidValue("Message Id is not a message that a customer sent to this number.");
        if (refusal is not null)
        {
            await RefuseAsync(http, number, body, refusal);
            return;
        }

        Keep(number, body, null);
        stats.MarkedAsRead(request!.Typing);
        await GraphAnswer.SuccessAsync(http.Response);
    }

    // Marking a message as read marks all earlier ones.
    private bool TryMark(SandboxNumber number, ReadRequest request)
    {
        var now = clock.GetUtcNow();
        lock (state.Gate)
        {
            if (state.Message(request.Wamid) is not CustomerMessage message || message.Conversation.Number != number)
                return number.ForeignWebhooks;
            var conversation = message.Conversation;
            foreach (var earlier in conversation.Items.OfType<CustomerMessage>().Where(m => m.ReadAt is null))
            {
                earlier.ReadAt = now;
                if (earlier == message)
                    break;
            }

            state.Add(new ReadMark(conversation, request.Wamid, now));
            if (request.Typing)
            {
                conversation.TypingSince = now;
                state.Add(new TypingMark(conversation, now));
            }

            return true;
        }
    }

    private Task RefuseAsync(HttpContext http, SandboxNumber number, byte[] body, GraphRefusal refusal)
    {
        Keep(number, body, refusal.Code);
        stats.Refused(refusal.Code);
        return GraphAnswer.RefuseAsync(http.Response, refusal, state.Ids.Trace());
    }

    private void Keep(SandboxNumber number, byte[] body, int? code)
    {
        lock (state.Gate)
            state.Keep(new ReceivedRequest(clock.GetUtcNow(), number.Id, body, code));
    }

    private static Task AnswerAsync(HttpResponse response, SendRequest request, BusinessMessage message) =>
        GraphAnswer.WriteAsync(response, 200, (request, message), (writer, value) =>
        {
            writer.WriteString("messaging_product"u8, "whatsapp"u8);
            writer.WriteStartArray("contacts"u8);
            writer.WriteStartObject();
            writer.WriteString("input"u8, value.request.To);
            if (value.message.ToUserId)
                writer.WriteString("user_id"u8, value.message.Conversation.UserId);
            else
                writer.WriteString("wa_id"u8, value.message.Conversation.Phone);
            writer.WriteEndObject();
            writer.WriteEndArray();
            writer.WriteStartArray("messages"u8);
            writer.WriteStartObject();
            writer.WriteString("id"u8, value.message.Wamid);
            if (value.request.IsTemplate)
                writer.WriteString("message_status"u8, "accepted"u8);
            writer.WriteEndObject();
            writer.WriteEndArray();
        });

    private static JsonDocument? Parse(byte[] body)
    {
        try
        {
            return JsonDocument.Parse(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(cancellationToken);
            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                request.BodyReader.AdvanceTo(read.Buffer.End);
                return body;
            }

            request.BodyReader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
