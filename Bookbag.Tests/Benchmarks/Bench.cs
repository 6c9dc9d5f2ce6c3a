using Bookbag.AppHost.Embedded;
using Bookbag.Tests.Browser;

namespace Bookbag.Tests.Benchmarks;

/// <summary>The benchmarks: <c>dotnet run -c Release --project Bookbag.Tests -- bench &lt;name&gt;</c>.</summary>
public static class Bench
{
    private static readonly Dictionary<string, Func<string[], Task>> Benchmarks = new()
    {
        ["webhooks"] = WebhooksBench.RunAsync,
        ["turn"] = TurnBench.RunAsync,
        ["conversations"] = ConversationsBench.RunAsync,
        ["retrieval"] = RetrievalBench.RunAsync,
        ["import"] = ImportBench.RunAsync,
        ["campaign"] = CampaignBench.RunAsync,
        ["audience"] = AudienceBench.RunAsync,
        ["pages"] = PagesBench.RunAsync,
        ["memory"] = MemoryBench.RunAsync,
        ["proof"] = Chaos.CampaignProof.RunAsync,
        ["storm"] = Chaos.CustomerProof.RunAsync,
    };

    public static async Task<int> Main(string[] args)
    {
        if (args is ["bench", var name, .. var rest] && Benchmarks.TryGetValue(name, out var run))
        {
            BatchScheduling.Enter(); // a load generator that interrupts what it measures measures itself
            await run(rest);
            return Environment.ExitCode;
        }

        if (args is ["screenshots", var folder])
        {
            await Screenshots.RunAsync(folder);
            return 0;
        }

        if (args is ["floor", var mode])
        {
            await FloorServer.RunAsync(mode);
            return 0;
        }

        await Console.Error.WriteLineAsync($"Usage: bench <{string.Join('|', Benchmarks.Keys)}> | screenshots <folder>");
        return 2;
    }
}
