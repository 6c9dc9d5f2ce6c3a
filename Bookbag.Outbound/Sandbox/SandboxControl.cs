namespace Bookbag.Outbound.Sandbox;

/// <summary>What concerns the sandbox as a whole.</summary>
internal sealed class SandboxControl(SandboxState state, Faults faults, Schedule schedule, WebhookOutbox outbox, SandboxStats stats)
{
    public StatsView Stats()
    {
        lock (state.Gate)
            return stats.View(state.Numbers.Count, state.Customers, state.Duplicates, outbox.Ready.Count, outbox.Withheld);
    }

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
