using System.Globalization;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>Signed message webhooks through the Edge: durable before 200, and processed. People have the conversations, so that intake alone is measured and no answering.</summary>
/// <remarks>Four receivers take turns behind the same kind of Edge, in rounds, so that a noisy machine disturbs them alike; a ratio is that of the round in the middle.</remarks>
public static class WebhooksBench
{
    private const int UsualConnections = 512; // many customers write at once
    private const int Rounds = 9;
    private const int Customers = 5_000;
    private const int WarmUpRequests = 60_000;
    private const int RequestsPerRound = 15_000;
    private const int SustainedPerSecond = 3_330; // the bar is 3,300

    /// <param name="args">How many seconds a steady rate is held, which, and over how many connections; 30, that of the bar and 512 when left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var sustained = TimeSpan.FromSeconds(args is [var seconds, ..] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 30);
        var perSecond = args is [_, var rate, ..] ? int.Parse(rate, CultureInfo.InvariantCulture) : SustainedPerSecond;
        var connections = args is [_, _, var many] ? int.Parse(many, CultureInfo.InvariantCulture) : UsualConnections;
        using var data = new DurableData();
        await using var product = await Product.StartAsync(data: data);
        var number = "100000000000777";
        await product.ConnectAgentAsync(number, $"http://sandbox/v25.0/{number}/messages");
        var address = product.App.GetEndpoint("edge", "http");
        var crowd = new Crowd(number, connections);

        await using var verifying = await Floor.StartAsync("verify", product);
        await using var bodies = await Floor.StartAsync("body", product);
        await using var rows = await Floor.StartAsync("rows", product);
        var postgres = () => product.ProcessorTimeOf("postgres");
        var bookbag = new WebhookReceiver("Bookbag", address, () => product.ProcessorTimeOf("edge"), () => product.ProcessorTimeOf("inbound"), postgres);
        WebhookReceiver[] receivers =
        [
            new("answers without storing", verifying.Address, () => verifying.EdgeTime, () => verifying.ServerTime, postgres),
            new("one INSERT a request, of its body", bodies.Address, () => bodies.EdgeTime, () => bodies.ServerTime, postgres),
            new("one INSERT a request, of what Bookbag keeps", rows.Address, () => rows.EdgeTime, () => rows.ServerTime, postgres),
            bookbag,
        ];

        await crowd.Prepare(address, Customers, null, "c")();
        await DrainedAsync(product);
        await product.Database.ExecuteAsync("UPDATE inbound.conversations SET mode = 'human', escalated_at = now(), turn_due_at = NULL");
        await EmptyAsync(product, "SELECT count(*) FROM inbound.tickets WHERE summary_due_at IS NOT NULL");

        // A process that runs for days is measured, not one whose code is still being compiled.
        foreach (var receiver in receivers)
            await crowd.Prepare(receiver.Address, WarmUpRequests, null, "w")();
        await DrainedAsync(product);

        for (var round = 0; round < Rounds; round++)
        {
            foreach (var receiver in receivers)
                await receiver.RoundAsync(crowd.Prepare(receiver.Address, RequestsPerRound, null, $"r{round}"));
            await DrainedAsync(product);
        }

        var table = new Table("receiver", "requests/s (median)", "Bookbag to it (median)", "ack p50 ms", "ack p99 ms", "failures", "edge µs", "receiver µs", "postgres µs", "load µs", "all µs");
        foreach (var receiver in receivers)
            table.Row([receiver.Name, receiver.PerSecond, Ratio(bookbag.TimesOf(receiver)), receiver.P50, receiver.P99, receiver.Failures, .. receiver.Use]);
        Console.WriteLine(table);
        Console.WriteLine();

        await SustainAsync(product, crowd, address, sustained, perSecond);
        Console.WriteLine();
        await WeighAsync(product);
    }

    /// <summary>A steady rate for a while, watching how far the processor is behind.</summary>
    private static async Task SustainAsync(Product product, Crowd crowd, Uri address, TimeSpan duration, int perSecond)
    {
        var before = await product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages");
        var count = (int)(perSecond * duration.TotalSeconds);
        var load = crowd.Prepare(address, count, perSecond, "s")();
        var lag = TimeSpan.Zero;
        while (!load.IsCompleted)
        {
            await Task.WhenAny(load, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
            var behind = await LagAsync(product);
            lag = behind > lag ? behind : lag;
        }

        var result = await load;
        await DrainedAsync(product);
        var stored = await product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.messages") - before;
        var table = new Table("sustained", "requests/s", "ack p50 ms", "ack p95 ms", "ack p99 ms", "failures", "processor at most behind s", "messages stored");
        table.Row(duration.ToString("g", CultureInfo.InvariantCulture), result.PerSecond, result.P50, result.P95, result.P99, result.Failures, lag.TotalSeconds, $"{stored} of {count}");
        Console.WriteLine(table);
    }

    /// <summary>What the log takes of the disk, with all its keys.</summary>
    private static async Task WeighAsync(Product product)
    {
        var webhooks = await product.Database.ScalarAsync<long>("SELECT sum(deliveries) FROM inbound.webhook_log");
        var commits = await product.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_log");
        var bodies = await product.Database.ScalarAsync<long>("SELECT sum(octet_length(body)) FROM inbound.webhook_deliveries");
        var size = await product.Database.ScalarAsync<long>("SELECT sum(pg_total_relation_size(inhrelid))::bigint FROM pg_inherits WHERE inhparent = 'inbound.webhook_log'::regclass");
        var table = new Table("log", "webhooks", "commits", "bytes of a body", "bytes on the disk, keys included");
        table.Row("", webhooks, commits, (double)bodies / webhooks, (double)size / webhooks);
        Console.WriteLine(table);
    }

    private static Task DrainedAsync(Product product) => EmptyAsync(product, "SELECT count(*) FROM inbound.webhook_stretches");

    private static async Task EmptyAsync(Product product, string count)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (await product.Database.ScalarAsync<long>(count) > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
    }

    private static async Task<TimeSpan> LagAsync(Product product) =>
        await product.Database.ScalarAsync<TimeSpan>("SELECT coalesce(now() - min(received_at), interval '0') FROM inbound.webhook_stretches");

    private static string Ratio(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    /// <summary>The customers who write to a number, through so many connections of Meta's.</summary>
    private sealed record Crowd(string Number, int Connections)
    {
        /// <summary>Makes the requests and signs them; what is returned sends them.</summary>
        public Func<Task<LoadResult>> Prepare(Uri address, int count, double? perSecond, string prefix)
        {
            var target = new Uri(address, ConnectedAgent.WebhookPath);
            var now = TimeProvider.System.GetUtcNow();
            var requests = new byte[count][];
            Parallel.For(0, count, i =>
            {
                // As on a busy number: most messages come from customers who have written before.
                var from = (49_151_000_0000 + i % Customers).ToString(CultureInfo.InvariantCulture);
                var body = Payloads.Text(Number, from, $"wamid.bench.{prefix}.{i}", "Is the blue one still in stock, and could you send it by Friday?", now);
                requests[i] = HttpLoad.Post(target, body, Payloads.Sign(body, ConnectedAgent.AppSecret));
            });
            return () => new HttpLoad(target, Connections).RunAsync(requests, perSecond);
        }
    }
}
