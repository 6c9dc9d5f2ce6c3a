using System.Numerics;
using System.Text.Json;
using System.Threading.Channels;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>Makes contacts of uploaded files: in batches, each in one transaction with the checkpoint, so that any replica goes on where one died.</summary>
internal sealed partial class ImportWorker(
    NpgsqlDataSource dataSource, WakeUps wakeUps, ImportMetrics metrics, IOptions<ImportOptions> options, TimeProvider clock, ILogger<ImportWorker> logger) : BackgroundService
{
    /// <summary>The wake-up topic to signal after an import was started.</summary>
    public const string Topic = "imports";

    private static readonly TimeSpan IdleFor = TimeSpan.FromSeconds(10);
    private static readonly JsonSerializerOptions Web = Written();

    private readonly ImportOptions _options = options.Value;

    /// <summary>Works one import off, to its end.</summary>
    /// <returns>How many there were: one, or none.</returns>
    public async Task<int> RunOnceAsync(CancellationToken cancellationToken)
    {
        if (await ClaimAsync(cancellationToken) is not { } job)
            return 0;
        try
        {
            await ReadAsync(job, cancellationToken);
        }
        catch (ImportLostException)
        {
            Log.Lost(logger, job.Id);
        }
        catch (CsvCellException e)
        {
            await EndAsync(job, ImportState.Failed, e.Message, cancellationToken);
        }
        catch (Exception e) when (IsPassing(e))
        {
            // The next replica need not wait for the lease to end.
            await ExecuteAsync(ImportSql.Release, job, CancellationToken.None);
            throw;
        }
#pragma warning disable CA1031 // whatever a file can cause, it must not be tried again for ever
        catch (Exception e)
#pragma warning restore CA1031
        {
            Log.Failed(logger, e, job.Id);
            await EndAsync(job, ImportState.Failed, "It stopped at an error that is in the service's log. What was imported before stays.", CancellationToken.None);
        }

        return 1;
    }

    // This service stops, or Postgres is away: the next try finds it otherwise.
    private static bool IsPassing(Exception e) => e is OperationCanceledException or NpgsqlException { IsTransient: true };

    /// <summary>Drops the files of imports that are over.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(ImportSql.Sweep);
        command.Parameters.AddWithValue("now", clock.GetUtcNow());
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (_options.Work && !stoppingToken.IsCancellationRequested)
        {
            var worked = 0;
            try
            {
                worked = await RunOnceAsync(stoppingToken);
                await SweepAsync(stoppingToken);
            }
#pragma warning disable CA1031 // the loop outlives whatever goes wrong in a round
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
                Log.RoundFailed(logger, e);
            }

            if (worked == 0)
                await wakeUps.WaitAsync(Topic, IdleFor, stoppingToken);
        }
    }

    /// <summary>One task reads and checks rows while this one writes those that were read before: two batches in memory, however long the file.</summary>
    private async Task ReadAsync(Job job, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var catalog = await AttributeCatalog.LoadAsync(connection, job.WorkspaceId, job.AgentId, cancellationToken);
        var mapper = new RowMapper(job.Mapping, job.Columns, catalog, job.Region, job.Tags, job.OptedIn);
        await catalog.SaveAsync(connection, job.WorkspaceId, job.AgentId, clock.GetUtcNow(), cancellationToken);

        using var stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var batches = Channel.CreateBounded<Batch>(new BoundedChannelOptions(1) { SingleReader = true, SingleWriter = true });
        var reading = ParseAsync(job, mapper, batches.Writer, stopping.Token);
        try
        {
            var kept = 0;
            await foreach (var batch in batches.Reader.ReadAllAsync(cancellationToken))
            {
                await KeepAsync(connection, job, batch, cancellationToken);
                if (BitOperations.IsPow2(++kept))
                    await AnalyzeAsync(connection, cancellationToken);
            }

            await reading;
        }
        finally
        {
            await stopping.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await EndAsync(job, ImportState.Completed, null, cancellationToken);
    }

    private async Task ParseAsync(Job job, RowMapper mapper, ChannelWriter<Batch> batches, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = new ImportStream(dataSource, job.WorkspaceId, job.Id);
            using var text = new StreamReader(file, EncodingDetector.Get(job.Encoding), detectEncodingFromByteOrderMarks: true, 64 * 1024);
            var rows = new CsvRows(text, job.Delimiter);
            var batch = new Batch();
            var number = job.HasHeader ? -1L : 0L;
            while (await rows.ReadAsync(cancellationToken) is { } cells)
            {
                // The header, and what became contacts before the checkpoint.
                if (++number <= job.RowsRead)
                    continue;
                batch.Add(mapper, number, cells);
                if (batch.Count < _options.BatchSize)
                    continue;
                batch.Bytes = file.Passed;
                await batches.WriteAsync(batch, cancellationToken);
                batch = new Batch();
            }

            batch.Bytes = file.Passed;
            if (batch.Count > 0)
                await batches.WriteAsync(batch, cancellationToken);
            batches.Complete();
        }
        catch (Exception e)
        {
            batches.Complete(e);
            throw;
        }
    }

    private async Task KeepAsync(NpgsqlConnection connection, Job job, Batch batch, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var now = clock.GetUtcNow();
        var target = new MergeTarget(job.WorkspaceId, job.AgentId, ContactKey.Phone, SuppressionSources.Import, job.Actor, job.Id);
        var merged = await ContactMerge.ApplyAsync(connection, target, batch.Contacts.Rows, now, cancellationToken);
        foreach (var refused in merged.Where(row => row.Outcome == MergeOutcome.Refused))
            batch.Refuse(new RowProblem(refused.Number, "keys_of_two_contacts", $"Its phone number and its other id belong to two contacts, {refused.ContactId} and {refused.InTheWay}."));
        await WriteErrorsAsync(connection, job, batch.Problems, cancellationToken);

        await using var checkpoint = new NpgsqlCommand(ImportSql.Checkpoint, connection);
        AddJob(checkpoint, job);
        checkpoint.Parameters.AddWithValue("rows", batch.Last);
        checkpoint.Parameters.AddWithValue("bytes", batch.Bytes);
        var (created, updated, duplicate) = (Count(MergeOutcome.Created), Count(MergeOutcome.Updated), Count(MergeOutcome.UpdatedAgain) + batch.Contacts.Duplicates);
        checkpoint.Parameters.AddWithValue("created", created);
        checkpoint.Parameters.AddWithValue("updated", updated);
        checkpoint.Parameters.AddWithValue("duplicate", duplicate);
        checkpoint.Parameters.AddWithValue("failed", (long)batch.Problems.Count);
        checkpoint.Parameters.AddWithValue("until", now + _options.Lease);
        if (await checkpoint.ExecuteNonQueryAsync(cancellationToken) == 0)
            throw new ImportLostException();
        await transaction.CommitAsync(cancellationToken);
        metrics.Rows(created, updated, duplicate, batch.Problems.Count);

        long Count(MergeOutcome outcome) => merged.LongCount(row => row.Outcome == outcome);
    }

    /// <summary>Tells the planner how many contacts there are by now, after each doubling: autovacuum comes too late, and without it people are looked for by reading all.</summary>
    private static async Task AnalyzeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var analyze = new NpgsqlCommand(ContactMergeSql.AnalyzeContacts, connection);
        await analyze.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WriteErrorsAsync(NpgsqlConnection connection, Job job, List<(RowProblem Problem, string[] Cells)> problems, CancellationToken cancellationToken)
    {
        if (problems.Count == 0)
            return;
        await using var copy = await connection.BeginBinaryImportAsync(ImportSql.Errors, cancellationToken);
        foreach (var (problem, cells) in problems)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(job.WorkspaceId, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(job.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(problem.Number, NpgsqlDbType.Bigint, cancellationToken);
            if (problem.Column is { } column)
                await copy.WriteAsync(column, NpgsqlDbType.Text, cancellationToken);
            else
                await copy.WriteNullAsync(cancellationToken);
            await copy.WriteAsync(problem.Code, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(problem.Message, NpgsqlDbType.Text, cancellationToken);
            await copy.WriteAsync(cells.Select(cell => cell.Replace("\0", "", StringComparison.Ordinal)).ToArray(), NpgsqlDbType.Array | NpgsqlDbType.Text, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    private async Task<Job?> ClaimAsync(CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var lease = Guid.CreateVersion7(now);
        await using var command = dataSource.CreateCommand(ImportSql.Claim);
        command.Parameters.AddWithValue("now", now);
        command.Parameters.AddWithValue("lease", lease);
        command.Parameters.AddWithValue("until", now + _options.Lease);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
            return null;
        return new Job(row.GetGuid(0), row.GetGuid(1), row.GetGuid(2), lease)
        {
            Encoding = row.GetString(3),
            Delimiter = row.GetString(4)[0],
            HasHeader = row.GetBoolean(5),
            Mapping = JsonSerializer.Deserialize<List<ColumnMapping>>(row.GetString(6), Web)!,
            Region = await row.IsDBNullAsync(7, cancellationToken) ? null : row.GetString(7),
            Tags = row.GetFieldValue<string[]>(8),
            OptedIn = row.GetBoolean(9),
            Actor = row.GetString(10),
            RowsRead = row.GetInt64(11),
            Columns = JsonSerializer.Deserialize<List<ImportColumn>>(row.GetString(12), Web)!,
        };
    }

    private async Task EndAsync(Job job, ImportState state, string? problem, CancellationToken cancellationToken)
    {
        await ExecuteAsync(ImportSql.End, job, cancellationToken, ("state", FilterNames.Of(state)), ("problem", (object?)problem ?? DBNull.Value), ("now", clock.GetUtcNow()));
        metrics.Over(FilterNames.Of(state));
        Log.Over(logger, job.Id, state);
    }

    private async Task ExecuteAsync(string sql, Job job, CancellationToken cancellationToken, params (string Name, object Value)[] parameters)
    {
        await using var command = dataSource.CreateCommand(sql);
        AddJob(command, job);
        foreach (var (name, value) in parameters)
            command.Parameters.Add(new NpgsqlParameter { ParameterName = name, Value = value, NpgsqlDbType = value is DateTimeOffset ? NpgsqlDbType.TimestampTz : NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static void AddJob(NpgsqlCommand command, Job job)
    {
        command.Parameters.AddWithValue("workspace", job.WorkspaceId);
        command.Parameters.AddWithValue("agent", job.AgentId);
        command.Parameters.AddWithValue("id", job.Id);
        command.Parameters.AddWithValue("lease", job.Lease);
    }

    private static JsonSerializerOptions Written()
    {
        var json = new JsonSerializerOptions(JsonSerializerDefaults.Web);
        Json.Configure(json);
        return json;
    }

    /// <summary>How columns and mappings are kept in the table.</summary>
    internal static JsonSerializerOptions Stored => Web;

    /// <summary>An import in this worker's hands.</summary>
    private sealed record Job(Guid WorkspaceId, Guid AgentId, Guid Id, Guid Lease)
    {
        public required string Encoding { get; init; }
        public required char Delimiter { get; init; }
        public required bool HasHeader { get; init; }
        public required IReadOnlyList<ColumnMapping> Mapping { get; init; }
        public required IReadOnlyList<ImportColumn> Columns { get; init; }
        public required string? Region { get; init; }
        public required string[] Tags { get; init; }
        public required bool OptedIn { get; init; }
        public required string Actor { get; init; }
        public required long RowsRead { get; init; }
    }

    /// <summary>Rows that are written together.</summary>
    private sealed class Batch
    {
        private readonly Dictionary<long, string[]> _cells = [];

        public ContactBatch Contacts { get; } = new(ContactKey.Phone);
        public List<(RowProblem Problem, string[] Cells)> Problems { get; } = [];
        public int Count { get; private set; }
        public long Last { get; private set; }
        public long Bytes { get; set; }

        public void Add(RowMapper mapper, long number, string[] cells)
        {
            (Count, Last) = (Count + 1, number);
            var (row, problem) = mapper.Read(number, cells);
            if (row is not null)
                problem = Contacts.Add(row);
            if (problem is not null)
                Problems.Add((problem, cells));
            else
                _cells[number] = cells;
        }

        public void Refuse(RowProblem problem) => Problems.Add((problem, _cells[problem.Number]));
    }

    /// <summary>The import was cancelled, or another worker took it.</summary>
    private sealed class ImportLostException : Exception;

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "Import {ImportId} is {State}")]
        public static partial void Over(ILogger logger, Guid importId, ImportState state);

        [LoggerMessage(2, LogLevel.Information, "Import {ImportId} was cancelled or taken over; what this worker had begun is undone")]
        public static partial void Lost(ILogger logger, Guid importId);

        [LoggerMessage(4, LogLevel.Error, "Import {ImportId} failed")]
        public static partial void Failed(ILogger logger, Exception exception, Guid importId);

        [LoggerMessage(3, LogLevel.Error, "A round of importing failed; the import goes on from its last checkpoint when its lease ends")]
        public static partial void RoundFailed(ILogger logger, Exception exception);
    }
}
