namespace Bookbag.Outbound.Sandbox;

/// <summary>Takes or refuses a message that is well formed, as Meta would with the limits of that moment.</summary>
internal sealed class AcceptMessage(SandboxState state, Faults faults, StatusTrail trail, SandboxStats stats, TimeProvider clock)
{
    /// <summary>Told of every message taken, on the thread that took it: what waits for messages in tests and benchmarks.</summary>
    public event Action<BusinessMessage>? Accepted;

    /// <returns>The message, or why Meta refuses it.</returns>
    public (BusinessMessage? Message, GraphRefusal? Refusal) Take(SandboxNumber number, SendRequest request, byte[] body)
    {
        var now = clock.GetUtcNow();
        BusinessMessage message;
        GraphRefusal? failure;
        lock (state.Gate)
        {
            if (Refuse(number, request, now, out var conversation, out failure, out var template, out var opened) is { } refusal)
                return (null, refusal);
            message = new BusinessMessage(conversation!, state.Ids.Outgoing(conversation!.Phone), request.Type, body, now)
            {
                Opaque = request.Opaque,
                ToUserId = request.Phone is null,
                Category = template?.Category ?? "service",
                InWindow = conversation.IsOpenAt(now),
                OpenedAt = opened ? now : null,
            };
            conversation.TypingSince = null;
            state.Add(message);
        }

        stats.MessageAccepted();
        Accepted?.Invoke(message);
        trail.Begin(message, failure ?? ChosenFailure(message));
        return (message, null);
    }

    // One by one what Meta checks. `failure` is a refusal that comes by status webhook instead of in the answer.
    private GraphRefusal? Refuse(
        SandboxNumber number, SendRequest request, DateTimeOffset now,
        out Conversation? conversation, out GraphRefusal? failure, out SandboxTemplate? template, out bool opened)
    {
        (conversation, failure, template, opened) = (null, null, null, false);
        if (number.Status != "CONNECTED")
            return GraphRefusal.NotRegistered;
        if (request.Phone == number.Digits)
            return GraphRefusal.ToItself;
        conversation = request.Phone is { } phone ? SandboxState.Conversation(number, phone) : number.Find(request.UserId!);
        if (conversation is null)
            return GraphRefusal.Undeliverable;
        if (request.IsTemplate && Unfit(request, out template) is { } unfit)
            return unfit;

        var open = number.ForeignWebhooks || conversation.IsOpenAt(now);
        if (!open && !request.IsTemplate)
        {
            if (number.WindowRefusal == WindowRefusal.Answer)
                return GraphRefusal.WindowClosed;
            failure = GraphRefusal.WindowClosed;
        }

        if (!number.Bucket.TryTake(now))
            return GraphRefusal.ThroughputReached;
        if (number.PairLimit && !conversation.TryTakePair(now))
            return GraphRefusal.PairLimitReached;
        if (!open && request.IsTemplate && !(opened = SandboxState.TryOpen(conversation, now)))
            return GraphRefusal.MessagingLimitReached;
        return null;
    }

    private GraphRefusal? Unfit(SendRequest request, out SandboxTemplate? template)
    {
        template = state.Template(request.Content.Text("name")!, request.Content.Member("language")!.Value.Text("code")!);
        return TemplateRules.Fit(request.Content, template);
    }

    private GraphRefusal? ChosenFailure(BusinessMessage message)
    {
        if (message.Conversation.FailsWith is { } code)
            return GraphRefusal.ForCode(code);
        var settings = faults.For(message.Conversation.Number.Id);
        return faults.Draw(settings.Failures) ? GraphRefusal.ForCode(settings.FailureCode) : null;
    }
}
