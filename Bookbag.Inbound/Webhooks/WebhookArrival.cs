namespace Bookbag.Inbound.Webhooks;

/// <summary>A checked webhook on its way into the log.</summary>
/// <param name="ReceivedAt">When its last byte was here.</param>
/// <param name="ChannelIds">The channels named in it whose app secret made the signature.</param>
/// <param name="Signature">The signature header as it came.</param>
/// <param name="Headers">The headers that are kept, a JSON object.</param>
/// <param name="Traceparent">Of the request, where it is traced.</param>
/// <param name="Body">The raw bytes; the memory is the sender's until <see cref="IntakeBatcher.StoreAsync"/> is done with it.</param>
public sealed record WebhookArrival(
    DateTimeOffset ReceivedAt, Guid[] ChannelIds, string Signature, string Headers, string? Traceparent, ReadOnlyMemory<byte> Body);
