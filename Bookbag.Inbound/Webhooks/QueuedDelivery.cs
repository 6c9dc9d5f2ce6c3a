namespace Bookbag.Inbound.Webhooks;

/// <summary>A webhook of the log that is to be applied.</summary>
/// <param name="Id">Its id in the log.</param>
/// <param name="ReceivedAt">When the first of those came that were written with it.</param>
/// <param name="Attempts">How often applying it alone has failed.</param>
/// <param name="IsReplay">Whether a person asked for it: applied with outgoing messages switched off.</param>
/// <param name="ChannelIds">The channels whose app secret signed it.</param>
/// <param name="Signature">The signature as it came.</param>
/// <param name="Traceparent">Of its request.</param>
/// <param name="Body">The raw bytes.</param>
/// <param name="Stretch">The id of the first webhook of its row of the queue.</param>
internal sealed record QueuedDelivery(
    long Id, DateTimeOffset ReceivedAt, int Attempts, bool IsReplay, Guid[] ChannelIds, string Signature, string? Traceparent, byte[] Body, long Stretch);
