namespace Bookbag.Outbound.Sandbox;

/// <summary>Moves accepted messages on: sent, delivered, read, or sent and failed; each step goes out as a webhook.</summary>
internal sealed class StatusTrail(SandboxState state, Schedule schedule, WebhookOutbox outbox, CustomerActs customers, SandboxStats stats)
{
    /// <summary>Begins the trail of a message just accepted.</summary>
    /// <param name="message">The message.</param>
    /// <param name="failure">With what it fails; null when it arrives.</param>
    public void Begin(BusinessMessage message, GraphRefusal? failure) =>
        schedule.At(message.At + message.Conversation.Number.SentAfter, at =>
        {
            if (failure is not null)
                Fail(message, failure, at);
            else
                Send(message, at);
        });

    private void Send(BusinessMessage message, DateTimeOffset at)
    {
        Reach(message, DeliveryStatus.Sent, at);
        // A reaction gets no further status.
        if (message.Type != "reaction")
            schedule.At(at + message.Conversation.Number.DeliveredAfter, next => Deliver(message, next));
    }

    private void Deliver(BusinessMessage message, DateTimeOffset at)
    {
        // Who blocked the business gets nothing, and the business is told nothing.
        if (message.Conversation.Blocked)
            return;
        Reach(message, DeliveryStatus.Delivered, at);
        var (conversation, number) = (message.Conversation, message.Conversation.Number);
        if (customers.Reads(message))
            schedule.At(at + (conversation.ReadAfter ?? number.ReadAfter), next => Read(message, next));
    }

    private void Read(BusinessMessage message, DateTimeOffset at)
    {
        Reach(message, DeliveryStatus.Read, at);
        customers.Consider(message, at);
    }

    private void Fail(BusinessMessage message, GraphRefusal failure, DateTimeOffset at)
    {
        message.Failure = failure;
        // A message that failed gives its place of the messaging limit back.
        if (message.OpenedAt is { } openedAt)
        {
            lock (state.Gate)
                message.Conversation.Number.Account.Portfolio.Openings.Release(message.Conversation.Phone, openedAt);
        }

        Reach(message, DeliveryStatus.Failed, at);
    }

    private void Reach(BusinessMessage message, DeliveryStatus status, DateTimeOffset at)
    {
        lock (state.Gate)
        {
            message.Status = status;
            switch (status)
            {
                case DeliveryStatus.Sent: message.SentAt = at; break;
                case DeliveryStatus.Delivered: message.DeliveredAt = at; break;
                case DeliveryStatus.Read: message.ReadAt = at; break;
                default: message.FailedAt = at; break;
            }
        }

        stats.StatusReached(status);
        outbox.Add(new StatusUpdate(message, status, at));
    }
}
