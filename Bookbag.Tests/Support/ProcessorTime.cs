using System.Diagnostics;
using System.Globalization;
using Npgsql;

namespace Bookbag.Tests.Support;

/// <summary>How long processes have used a processor: what a benchmark costs, also on a machine that does other work meanwhile. Read from <c>/proc</c>.</summary>
public static class ProcessorTime
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux

    /// <summary>Of this process.</summary>
    public static TimeSpan Own => Environment.CpuUsage.TotalTime;

    /// <summary>Of a process, its children, and those of them that have ended.</summary>
    public static TimeSpan Of(int process)
    {
        if (Fields(process) is not { } fields)
            return TimeSpan.Zero;
        var ticks = fields[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
        return TimeSpan.FromSeconds(ticks / TicksPerSecond) + Children(process).Select(Of).Aggregate(TimeSpan.Zero, (sum, child) => sum + child);
    }

    /// <summary>Of the Postgres server behind a data source, with all its backends.</summary>
    public static async Task<TimeSpan> OfPostgresAsync(NpgsqlDataSource dataSource) =>
        Of(ParentOf(await dataSource.ScalarAsync<int>("SELECT pg_backend_pid()")));

    private static int ParentOf(int process) => int.Parse(Fields(process)![1], CultureInfo.InvariantCulture); // the backend is there as long as its connection

    private static IEnumerable<int> Children(int process) =>
        Process.GetProcesses().Select(p => p.Id).Where(id => Fields(id) is { } fields && fields[1] == process.ToString(CultureInfo.InvariantCulture));

    // "4711 (postgres: walwriter) S 4700 …": what follows the name, from the state on. Null where the process has ended.
    private static string[]? Fields(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
