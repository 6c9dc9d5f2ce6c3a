using System.Globalization;

namespace Bookbag.Tests.Chaos;

/// <summary>The customers' storm, in full: <c>bench storm [minutes] [seed]</c>. The exit code tells what it showed.</summary>
public static class CustomerProof
{
    public static async Task RunAsync(string[] args)
    {
        var minutes = args is [var number, ..] ? double.Parse(number, CultureInfo.InvariantCulture) : 10;
        var seed = args is [_, var chosen] ? int.Parse(chosen, CultureInfo.InvariantCulture) : 1;
        var report = await CustomerStorm.RunAsync(new CustomerStormPlan(PerSecond: 15, TimeSpan.FromMinutes(minutes), seed));
        Console.WriteLine(report);
        Environment.ExitCode = report.Problems.Count == 0 ? 0 : 1;
    }
}
