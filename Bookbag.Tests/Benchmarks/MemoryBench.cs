extern alias outbound;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Benchmarks;

/// <summary>
/// Ten times the recipients, ten times the time, the same memory: for each size a product of its own that freezes the audience, sends for a while, reads the funnel and exports
/// all recipients; and the most that each service had resident meanwhile.
/// </summary>
public static class MemoryBench
{
    private const string PhoneNumberId = "100000000000557";
    private static readonly string[] Services = ["outbound", "inbound", "edge"];

    /// <param name="args">For how many seconds is sent at most (60 when left out), then the sizes.</param>
    public static async Task RunAsync(string[] args)
    {
        var most = TimeSpan.FromSeconds(args is [var seconds, ..] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 60);
        int[] sizes = args.Length > 1 ? [.. args[1..].Select(size => int.Parse(size, NumberStyles.AllowThousands, CultureInfo.InvariantCulture))] : [10_000, 100_000, 1_000_000];
        var table = new Table(
            ["recipients", "frozen s", "frozen/s", "sent", "sent/s", "funnel s", "exported s", "exported/s", .. Services.Select(service => $"{service} MB"), "bar 400 MB"]);
        foreach (var size in sizes)
            table.Row(await MeasureAsync(size, most));
        Console.WriteLine(table);
    }

    private static async Task<object[]> MeasureAsync(int size, TimeSpan most)
    {
        await using var product = await Product.StartAsync(CampaignBenchParts.AtFullSpeed);
        await using var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            MessagesPerSecond = 100_000,
            Tier = "TIER_UNLIMITED",
            PairLimit = false,
            MaxMessages = 20_000,
        });
        meta.Control.SetFaults(new FaultSettings { BatchUpTo = 100 });
        var (agent, campaign) = await CampaignBenchParts.PrepareAsync(product, meta, PhoneNumberId, size);

        var started = Stopwatch.GetTimestamp();
        await product.PostAsync($"{agent}/{campaign}/launch", new { });
        while (await product.Database.ScalarAsync<bool>("SELECT prepared_at IS NULL FROM outbound.campaigns"))
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        var frozen = Stopwatch.GetElapsedTime(started);

        started = Stopwatch.GetTimestamp();
        while (meta.Control.Stats().Accepted < size && Stopwatch.GetElapsedTime(started) < most)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        var (sent, sending) = (meta.Control.Stats().Accepted, Stopwatch.GetElapsedTime(started));
        if (sent < size)
            await product.PostAsync($"{agent}/{campaign}/pause", new { });

        started = Stopwatch.GetTimestamp();
        await product.Edge.GetFromJsonAsync<JsonElement>($"{agent}/{campaign}/funnel");
        var funnel = Stopwatch.GetElapsedTime(started);
        started = Stopwatch.GetTimestamp();
        var lines = await CountLinesAsync(product, $"{agent}/{campaign}/recipients.csv");
        var exported = Stopwatch.GetElapsedTime(started);
        if (lines != size + 1)
            throw new InvalidOperationException($"{lines} lines were exported of {size} recipients.");

        var memory = Services.Select(product.PeakMemory).ToArray();
        return
        [
            size, frozen.TotalSeconds, size / frozen.TotalSeconds, sent, sent / sending.TotalSeconds, funnel.TotalSeconds, exported.TotalSeconds, size / exported.TotalSeconds,
            .. memory, memory.Max() < 400 ? "held" : "missed",
        ];
    }

    private static async Task<long> CountLinesAsync(Product product, string path)
    {
        await using var stream = await product.Edge.GetStreamAsync(path);
        using var reader = new StreamReader(stream);
        long lines = 0;
        while (await reader.ReadLineAsync() is not null)
            lines++;
        return lines;
    }
}
