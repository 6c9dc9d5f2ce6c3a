extern alias outbound;
using System.Collections.Concurrent;
using System.Globalization;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Benchmarks;

/// <summary>A customer's message in, a grounded reply at Graph, no model: from the moment the sandbox takes the message to the moment it is handed the reply.</summary>
/// <remarks>The wait for a customer who is still typing is a setting, not work: it is off in the first row and at its default in the second.</remarks>
public static class TurnBench
{
    private const string PhoneNumberId = "100000000000666";
    private const double PerSecond = 50;

    /// <param name="args">How many seconds each run lasts; 20 when left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var duration = TimeSpan.FromSeconds(args is [var seconds] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 20);
        var table = new Table("debounce", "messages/s", "messages", "answered", "p50 ms", "p95 ms", "p99 ms");
        using (var data = new DurableData())
        {
            await using var product = await Product.StartAsync(
                builder =>
                {
                    builder.Set("inbound", "Turns__Debounce__QuietPeriod", "00:00:00");
                    builder.Set("inbound", "Turns__Debounce__QuietPeriodWhenComplete", "00:00:00");
                },
                data);
            await RunAsync(product, "off", duration, table);
        }

        using (var data = new DurableData())
        {
            await using var product = await Product.StartAsync(data: data);
            await RunAsync(product, "default", duration, table);
        }

        Console.WriteLine(table);
    }

    private static async Task RunAsync(Product product, string debounce, TimeSpan duration, Table table)
    {
        await using var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            MessagesPerSecond = 10_000,
        });
        await product.ConnectAgentAsync(PhoneNumberId, meta.SendUrl(PhoneNumberId).ToString());

        var clock = TimeProvider.System;
        var asked = new ConcurrentDictionary<string, long>();
        var latencies = new ConcurrentBag<double>();
        meta.Control.Accepted += message =>
        {
            if (asked.TryRemove(message.Conversation.Phone, out var at))
                latencies.Add(clock.GetElapsedTime(at).TotalMilliseconds);
        };

        await AskAsync(from: 0, count: 200); // warm-up
        await AnsweredAsync();
        latencies.Clear();

        var count = (int)(PerSecond * duration.TotalSeconds);
        await AskAsync(from: 1_000, count);
        await AnsweredAsync();

        double[] sorted = [.. latencies.Order()];
        table.Row(debounce, PerSecond, count, sorted.Length, HttpLoad.Percentile(sorted, 0.5), HttpLoad.Percentile(sorted, 0.95), HttpLoad.Percentile(sorted, 0.99));

        async Task AskAsync(int from, int count)
        {
            var started = clock.GetTimestamp();
            for (var i = 0; i < count; i++)
            {
                var wait = TimeSpan.FromSeconds(i / PerSecond) - clock.GetElapsedTime(started);
                if (wait > TimeSpan.Zero)
                    await Task.Delay(wait, clock);
                var customer = (49_160_000_0000 + from + i).ToString(CultureInfo.InvariantCulture);
                asked[customer] = clock.GetTimestamp();
                meta.Control.Write(customer, new CustomerWrites { PhoneNumberId = PhoneNumberId, Text = ConnectedAgent.Question });
            }
        }

        async Task AnsweredAsync()
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!asked.IsEmpty && !patience.IsCancellationRequested)
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock);
        }
    }
}
