using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>What is told of calls of the Graph API: which, how long, what came of it. Never a URL, a token or a person.</summary>
internal static class GraphTelemetry
{
    public const string Name = "Bookbag.WhatsApp";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly Histogram<double> Duration = Meter.CreateHistogram<double>(
        "bookbag.graph.duration", "s", "Calls of Meta's Graph API, by operation and outcome.");

    public static Activity? Start(string operation) => Source.StartActivity($"graph {operation}", ActivityKind.Client);

    public static void Record(Activity? activity, string operation, string outcome, GraphError? error, TimeSpan duration)
    {
        Duration.Record(
            duration.TotalSeconds,
            new KeyValuePair<string, object?>("operation", operation),
            new KeyValuePair<string, object?>("outcome", outcome),
            new KeyValuePair<string, object?>("code", error?.Code));
        if (activity is null)
            return;
        activity.SetTag("bookbag.graph.outcome", outcome);
        if (error is null)
            return;
        activity.SetTag("bookbag.graph.code", error.Code);
        activity.SetStatus(ActivityStatusCode.Error, error.Action.ToString());
    }
}
