namespace Bookbag.Outbound.Sandbox;

/// <summary>Takes or refuses a message that is well formed, as Meta would with the limits of that moment.</summary>
internal sealed class AcceptMessage(SandboxState state, MediaShelf shelf, Faults faults, StatusTrail trail, TierUpgrades upgrades, SandboxStats stats, TimeProvider clock)
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
            if (Find(number, request) is not { } conversation)
                return (null, GraphRefusal.Undeliverable);
            var template = request.IsTemplate ? state.Template(number, request.TemplateName, request.TemplateLanguage) : null;
            var open = number.ForeignWebhooks || conversation.IsOpenAt(now);
            var closed = open || request.IsTemplate ? null : GraphRefusal.WindowClosed;
            failure = number.WindowRefusal == WindowRefusal.Status ? closed : null;
            if ((RefuseRequest(number, request, template) ?? (failure is null ? closed : null)
                ?? RefuseRate(number, conversation, now) ?? RefuseOpening(conversation, request, open, now)) is { } refusal)
                return (null, refusal);

            message = new BusinessMessage(conversation, state.Ids.Outgoing(conversation.Phone), request.Type, body, now)
            {
                Opaque = request.Opaque,
                ToUserId = request.Phone is null,
                Category = template?.Category ?? "service",
                InWindow = open,
                OpenedAt = Opens(request, open) ? now : null,
                Nth = request.IsTemplate ? ++conversation.Templates : 0,
                QuickReplies = template?.QuickReplies ?? [],
            };
            if (message.OpenedAt is not null)
                upgrades.Look(number.Account.Portfolio, now);
            if (template is { Category: "marketing" } && !open)
                failure ??= RefuseMarketing(conversation, now);
            conversation.TypingSince = null;
            state.Add(message);
        }

        stats.MessageAccepted();
        Accepted?.Invoke(message);
        trail.Begin(message, failure ?? ChosenFailure(message));
        return (message, null);
    }

    private static Conversation? Find(SandboxNumber number, SendRequest request) =>
        request.Phone is { } phone ? SandboxState.Conversation(number, phone) : number.Find(request.UserId!);

    private GraphRefusal? RefuseRequest(SandboxNumber number, SendRequest request, SandboxTemplate? template)
    {
        if (number.Status != "CONNECTED")
            return GraphRefusal.NotRegistered;
        if (request.Phone == number.Digits)
            return GraphRefusal.ToItself;
        return (request.IsTemplate ? TemplateRules.Fit(request.Content, template) : null) ?? (number.ForeignWebhooks ? null : RefuseMedia(request));
    }

    // Never uploaded, or past its 30 days.
    private GraphRefusal? RefuseMedia(SendRequest request)
    {
        var missing = MediaRules.Objects(request.Type, request.Type, request.Content).FirstOrDefault(media => shelf.Find(media.Id) is null);
        return missing.Id is null ? null : GraphRefusal.Parameter($"Param {missing.Place}['id'] is not a valid whatsapp business account media attachment ID");
    }

    private static GraphRefusal? RefuseRate(SandboxNumber number, Conversation conversation, DateTimeOffset now)
    {
        if (!number.Bucket.TryTake(now))
            return GraphRefusal.ThroughputReached;
        return number.PairLimit && !conversation.TryTakePair(now) ? GraphRefusal.PairLimitReached : null;
    }

    private static GraphRefusal? RefuseOpening(Conversation conversation, SendRequest request, bool open, DateTimeOffset now) =>
        Opens(request, open) && !SandboxState.TryOpen(conversation, now) ? GraphRefusal.MessagingLimitReached : null;

    // Meta takes it first, and says so by status. What comes inside the window does not count.
    private static GraphRefusal? RefuseMarketing(Conversation conversation, DateTimeOffset now) =>
        conversation.StoppedMarketing ? GraphRefusal.ForCode(131050)
        : conversation.TryTakeMarketing(now) ? null
        : GraphRefusal.ForCode(131049);

    private static bool Opens(SendRequest request, bool open) => request.IsTemplate && !open;

    private GraphRefusal? ChosenFailure(BusinessMessage message)
    {
        if (message.Conversation.FailsWith is { } code)
            return GraphRefusal.ForCode(code);
        var settings = faults.For(message.Conversation.Number.Id);
        return faults.Draw(settings.Failures) ? GraphRefusal.ForCode(settings.FailureCode) : null;
    }
}
