using System.Globalization;

namespace Bookbag.Tests.Chaos;

/// <summary>The proof, in full: <c>bench proof [recipients of each campaign] [seed]</c>. The exit code tells what it showed.</summary>
public static class CampaignProof
{
    public static async Task RunAsync(string[] args)
    {
        var recipients = args is [var number, ..] ? int.Parse(number, CultureInfo.InvariantCulture) : 5_000;
        var seed = args is [_, var chosen] ? int.Parse(chosen, CultureInfo.InvariantCulture) : 1;
        var report = await CampaignStorm.RunAsync(new StormPlan(recipients, Kills: 20, PostgresKills: 3, RedisFlushes: 3, RedisKills: 3, RedisHangs: 2, Throttles: 4, seed));
        Console.WriteLine(report);
        Environment.ExitCode = report.Problems.Count == 0 ? 0 : 1;
    }
}
