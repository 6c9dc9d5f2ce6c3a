namespace Bookbag.Outbound.Sandbox;

/// <summary>The sandbox in the hands of the process that hosts it: what the control API does, without HTTP.</summary>
internal sealed class SandboxControl(
    SandboxState state, Faults faults, Schedule schedule, WebhookOutbox outbox, WriteAsCustomer writing, AcceptMessage acceptance,
    SandboxStats stats, SandboxOptions options, TimeProvider clock, TemplateReview review)
{
    /// <summary>Told of every message taken, on the thread that took it: for tests and benchmarks that wait for one.</summary>
    public event Action<BusinessMessage>? Accepted
    {
        add => acceptance.Accepted += value;
        remove => acceptance.Accepted -= value;
    }

    /// <summary>Writes as a customer, from any number of threads.</summary>
    /// <returns>The message's id.</returns>
    /// <exception cref="ArgumentException">The phone number or the request is not one that can be.</exception>
    public string Write(string phone, CustomerWrites request)
    {
        var (message, problem) = writing.Write(PhoneNumber.Digits(phone) ?? throw new ArgumentException("Not a phone number.", nameof(phone)), request);
        return message?.Wamid ?? throw new ArgumentException(problem, nameof(request));
    }

    /// <summary>Writes a text to the demo number.</summary>
    public string Write(string phone, string text) => Write(phone, new CustomerWrites { Text = text });

    /// <summary>The conversation as the customer's phone shows it; null where there is none.</summary>
    public ConversationView? Conversation(string phone, string? phoneNumberId = null)
    {
        lock (state.Gate)
        {
            return PhoneNumber.Digits(phone) is { } digits && state.Number(phoneNumberId ?? options.PhoneNumberId)?.Find(digits) is { } conversation
                ? ConversationView.Of(conversation, clock.GetUtcNow()) : null;
        }
    }

    /// <summary>Changes a number.</summary>
    /// <exception cref="ArgumentException">The id is not a phone number's, or the callback is neither loopback nor a service.</exception>
    public NumberView Change(string phoneNumberId, NumberSettings settings)
    {
        if (settings.CallbackUrl is { } callback && !Handshake.IsAllowed(callback))
            throw new ArgumentException("The callback must be loopback or a service of the app model.", nameof(settings));
        lock (state.Gate)
        {
            var number = state.Number(phoneNumberId) ?? throw new ArgumentException("Not the id of a phone number.", nameof(phoneNumberId));
            state.Change(number, settings);
            return NumberView.Of(number, state.Opened(number));
        }
    }

    /// <summary>Makes a template known, as if Meta had reviewed it.</summary>
    public void Learn(SandboxTemplate template)
    {
        lock (state.Gate)
            state.Learn(template);
    }

    /// <summary>Lets something happen to a template that was submitted.</summary>
    public void Change(string templateId, TemplateHappening happening)
    {
        AccountTemplate? template;
        lock (state.Gate)
            template = state.TemplateById(templateId);
        review.Change(template ?? throw new ArgumentException("No template of this id was submitted.", nameof(templateId)), happening);
    }

    /// <summary>Lets things go wrong, for one number or in general.</summary>
    public void SetFaults(FaultSettings settings, string? phoneNumberId = null)
    {
        faults.Set(phoneNumberId, settings);
        outbox.Release();
    }

    /// <summary>Lifts the faults of one number, or all.</summary>
    public void ClearFaults(string? phoneNumberId = null)
    {
        faults.Clear(phoneNumberId);
        outbox.Release();
    }

    /// <summary>The bodies that came to the messages endpoint and are kept, the earliest first.</summary>
    public IReadOnlyList<RequestView> Requests()
    {
        lock (state.Gate)
            return [.. state.Requests.Select(RequestView.Of)];
    }

    /// <summary>What has happened so far.</summary>
    public StatsView Stats()
    {
        lock (state.Gate)
            return stats.View(state.Numbers.Count, state.Customers, state.Duplicates, outbox.Ready.Count, outbox.Withheld, schedule.Count);
    }

    /// <summary>Forgets everything.</summary>
    public void Reset()
    {
        schedule.Clear();
        outbox.Clear();
        faults.Clear(null);
        lock (state.Gate)
            state.Clear();
        stats.Clear();
    }
}
