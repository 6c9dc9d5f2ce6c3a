using System.Diagnostics.Metrics;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>How imports go, for dashboards and alerts.</summary>
internal sealed class ImportMetrics
{
    private readonly Counter<long> _rows;
    private readonly Counter<long> _over;

    public ImportMetrics(IMeterFactory meters)
    {
        var meter = meters.Create("Bookbag.Outbound");
        _rows = meter.CreateCounter<long>("bookbag.imports.rows", "{row}", "Rows of imported files, by what became of them");
        _over = meter.CreateCounter<long>("bookbag.imports.over", "{import}", "Imports that are over, by how they ended");
    }

    public void Rows(long created, long updated, long duplicate, long failed)
    {
        foreach (var (outcome, count) in new[] { ("created", created), ("updated", updated), ("duplicate", duplicate), ("failed", failed) })
        {
            if (count > 0)
                _rows.Add(count, KeyValuePair.Create<string, object?>("outcome", outcome));
        }
    }

    public void Over(string state) => _over.Add(1, KeyValuePair.Create<string, object?>("state", state));
}
