using System.Diagnostics.Metrics;

namespace Bookbag.Outbound.Templates;

/// <summary>How comparing templates with Meta's goes, for dashboards and alerts.</summary>
internal sealed class TemplateMetrics
{
    private readonly Counter<long> _syncs;

    public TemplateMetrics(IMeterFactory meters) =>
        _syncs = meters.Create("Bookbag.Outbound").CreateCounter<long>("bookbag.templates.syncs", "{sync}", "Comparisons of an agent's templates with Meta's, by outcome");

    /// <param name="outcome">complete, incomplete (Meta did not tell all), or no_access (Meta was not asked).</param>
    public void Synced(string outcome) => _syncs.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));
}
