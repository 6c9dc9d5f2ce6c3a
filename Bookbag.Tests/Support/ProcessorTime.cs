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
        var all = Process.GetProcesses().Select(p => (p.Id, Fields: Fields(p.Id)!)).Where(p => p.Fields is not null).ToList();
        var children = all.ToLookup(p => p.Fields[1], p => p.Id.ToString(CultureInfo.InvariantCulture));
        var fields = all.ToDictionary(p => p.Id.ToString(CultureInfo.InvariantCulture), p => p.Fields);
        return TimeSpan.FromSeconds(Ticks(process.ToString(CultureInfo.InvariantCulture)) / TicksPerSecond);

        long Ticks(string id) => fields.TryGetValue(id, out var own)
            ? own[11..15].Sum(field => long.Parse(field, CultureInfo.InvariantCulture)) + children[id].Sum(Ticks)
            : 0;
    }

    /// <summary>Of the Postgres server behind a data source, with all its backends.</summary>
    public static async Task<TimeSpan> OfPostgresAsync(NpgsqlDataSource dataSource) =>
        Of(ParentOf(await dataSource.ScalarAsync<int>("SELECT pg_backend_pid()")));

    private static int ParentOf(int process) => int.Parse(Fields(process)![1], CultureInfo.InvariantCulture); // the backend is there as long as its connection

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
