using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Bookbag.Outbound.Contacts.Imports;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Tests.Benchmarks;

/// <summary>How fast a file of a million people (or as many as the argument says) becomes contacts, and then becomes them again, beside the floor: COPY of the same rows into a table without indexes.</summary>
public static class ImportBench
{
    private const int ChunkSize = 512 * 1024;

    public static async Task RunAsync(string[] args)
    {
        var rows = args is [var number] ? int.Parse(number, NumberStyles.AllowThousands, CultureInfo.InvariantCulture) : 1_000_000;
        var database = new TestDatabase();
        await database.InitializeAsync();
        try
        {
            var floor = await FloorAsync(database.DataSource, rows);
            var (workspace, agent) = (Guid.CreateVersion7(TimeProvider.System.GetUtcNow()), Guid.CreateVersion7(TimeProvider.System.GetUtcNow()));
            var table = new Table("what", "rows", "seconds", "rows/s", "ratio to COPY", "memory MB", "bar 30,000/s", "postgres µs a row", "worker µs a row");
            table.Row("COPY, no index (the floor)", rows, floor.TotalSeconds, rows / floor.TotalSeconds, "1.00", "", "", "", "");
            foreach (var what in new[] { "import, all new", "import again, all known" })
            {
                await UploadAsync(database.DataSource, workspace, agent, rows);
                var (own, postgres) = (ProcessorTime.Own, await ProcessorTime.OfPostgresAsync(database.DataSource));
                var (took, memory) = await ImportAsync(database.DataSource);
                (own, postgres) = (ProcessorTime.Own - own, await ProcessorTime.OfPostgresAsync(database.DataSource) - postgres);
                var speed = rows / took.TotalSeconds;
                table.Row(what, rows, took.TotalSeconds, speed, (speed / (rows / floor.TotalSeconds)).ToString("0.00", CultureInfo.InvariantCulture), memory, speed >= 30_000 ? "held" : "missed",
                    postgres.TotalMicroseconds / rows, own.TotalMicroseconds / rows);
            }

            Console.WriteLine(table);
            var (contacts, errors) = (await database.DataSource.ScalarAsync<long>("SELECT count(*) FROM outbound.contacts"), await database.DataSource.ScalarAsync<long>("SELECT count(*) FROM outbound.import_errors"));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"contacts: {contacts:N0}, errors: {errors:N0}"));
        }
        finally
        {
            await database.DisposeAsync();
        }
    }

    private static string Row(int i) => string.Create(CultureInfo.InvariantCulture, $"+49151{i:00000000},Person {i},person{i}@example.com,{(i % 3 == 0 ? "pro" : "basic")},{i % 100},2026-01-{i % 28 + 1:00}\n");

    private static async Task<TimeSpan> FloorAsync(NpgsqlDataSource dataSource, int rows)
    {
        await dataSource.ExecuteAsync("CREATE UNLOGGED TABLE floor (phone text, name text, email text, plan text, orders text, since text)");
        var started = Stopwatch.GetTimestamp();
        await using (var connection = await dataSource.OpenConnectionAsync())
        await using (var copy = await connection.BeginTextImportAsync("COPY floor FROM STDIN (FORMAT csv)"))
        {
            for (var i = 0; i < rows; i++)
                await copy.WriteAsync(Row(i));
        }

        var took = Stopwatch.GetElapsedTime(started);
        await dataSource.ExecuteAsync("DROP TABLE floor");
        return took;
    }

    private static async Task UploadAsync(NpgsqlDataSource dataSource, Guid workspace, Guid agent, int rows)
    {
        var id = Guid.CreateVersion7(TimeProvider.System.GetUtcNow());
        var chunk = new MemoryStream();
        var (numberOfChunks, bytes) = (0, 0L);
        await WriteAsync("phone,name,email,plan,orders,since\n");
        for (var i = 0; i < rows; i++)
            await WriteAsync(Row(i));
        await FlushAsync();

        var columns = ImportSample.Columns(ImportSample.ReadRows("phone,name,email,plan,orders,since\n" + Row(1) + Row(2), ','), hasHeader: true);
        await using var import = dataSource.CreateCommand("""
            INSERT INTO outbound.imports (workspace_id, agent_id, id, file_name, state, bytes, encoding, delimiter, has_header, columns, mapping, created_by, created_at, started_at)
            VALUES (@workspace, @agent, @id, 'bench.csv', 'running', @bytes, 'utf-8', ',', true, @columns, @mapping, 'bench', now(), now())
            """);
        import.Parameters.AddWithValue("workspace", workspace);
        import.Parameters.AddWithValue("agent", agent);
        import.Parameters.AddWithValue("id", id);
        import.Parameters.AddWithValue("bytes", bytes);
        import.Parameters.AddWithValue("columns", NpgsqlDbType.Jsonb, JsonSerializer.Serialize(columns, ImportWorker.Stored));
        import.Parameters.AddWithValue("mapping", NpgsqlDbType.Jsonb, JsonSerializer.Serialize(columns.Select(c => c.Guess), ImportWorker.Stored));
        await import.ExecuteNonQueryAsync();

        async Task WriteAsync(string line)
        {
            chunk.Write(Encoding.UTF8.GetBytes(line));
            if (chunk.Length >= ChunkSize)
                await FlushAsync();
        }

        async Task FlushAsync()
        {
            await using var command = dataSource.CreateCommand(ImportSql.Chunk);
            command.Parameters.AddWithValue("workspace", workspace);
            command.Parameters.AddWithValue("id", id);
            command.Parameters.AddWithValue("number", numberOfChunks++);
            command.Parameters.AddWithValue("data", chunk.ToArray());
            await command.ExecuteNonQueryAsync();
            bytes += chunk.Length;
            chunk.SetLength(0);
        }
    }

    private static async Task<(TimeSpan Took, long MegaBytes)> ImportAsync(NpgsqlDataSource dataSource)
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var worker = new ImportWorker(dataSource, new WakeUps(dataSource, TimeProvider.System, NullLogger<WakeUps>.Instance), new ImportMetrics(meters), Options.Create(new ImportOptions()), TimeProvider.System, NullLogger<ImportWorker>.Instance);
        long most = 0;
        using var watching = new Timer(_ => most = Math.Max(most, Environment.WorkingSet), null, 0, 50);
        var started = Stopwatch.GetTimestamp();
        await worker.RunOnceAsync(CancellationToken.None);
        var took = Stopwatch.GetElapsedTime(started);
        await worker.SweepAsync(CancellationToken.None);
        return (took, most / 1024 / 1024);
    }
}
