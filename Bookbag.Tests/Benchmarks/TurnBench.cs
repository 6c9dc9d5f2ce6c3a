using System.Globalization;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A customer's message in, a grounded reply at Graph, no model: from the moment the sandbox takes the message to the moment it is handed the reply.</summary>
/// <remarks>The wait for a customer who is still typing is a setting, not work: it is off in the first row and at its default in the second.</remarks>
public static class TurnBench
{
    private const double PerSecond = 50;
    private const int WarmUp = 4_000;

    /// <param name="args">How many seconds each run lasts; 20 when left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var duration = TimeSpan.FromSeconds(args is [var seconds] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 20);
        var table = new Table("debounce", "messages/s", "messages", "answered", "p50 ms", "p95 ms", "p99 ms");
        await RunAsync("off", TimeSpan.Zero, duration, table);
        await RunAsync("default", null, duration, table);
        Console.WriteLine(table);
    }

    private static async Task RunAsync(string debounce, TimeSpan? quiet, TimeSpan duration, Table table)
    {
        using var data = new DurableData();
        await using var product = await Product.StartAsync(builder => builder.SetDebounce(quiet), data);
        await using var customers = await SimulatedCustomers.StartAsync(product);

        // A process that runs for days is measured, not one whose code is still being compiled; that takes a minute of the same work.
        await customers.WriteAsync(from: 0, WarmUp, PerSecond, ConnectedAgent.Question);
        var count = (int)(PerSecond * duration.TotalSeconds);
        await customers.WriteAsync(from: WarmUp, count, PerSecond, ConnectedAgent.Question);

        var sorted = customers.Latencies;
        table.Row(debounce, PerSecond, count, sorted.Length, HttpLoad.Percentile(sorted, 0.5), HttpLoad.Percentile(sorted, 0.95), HttpLoad.Percentile(sorted, 0.99));
    }
}
