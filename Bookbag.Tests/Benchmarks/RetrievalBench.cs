using System.Diagnostics;
using System.Globalization;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Knowledge.Meaning;
using Bookbag.Inbound.Knowledge.Training;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Inbound.Answering;
using Bookbag.Tests.Support;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bookbag.Tests.Benchmarks;

/// <summary>
/// How good retrieval is on the labelled set, and how long it takes in an agent's sources of 10,000 chunks (or as many as the argument says), beside other agents
/// with 10,000 in all. Where <c>Embedding__Endpoint</c> and <c>Embedding__Name</c> are set, the set is asked a second time by meaning as well.
/// </summary>
public static class RetrievalBench
{
    private const int Questions = 1_000;

    public static async Task RunAsync(string[] args)
    {
        var chunks = args is [var number] ? int.Parse(number, CultureInfo.InvariantCulture) : KnowledgeBase.MostChunks;
        var database = new TestDatabase();
        await database.InitializeAsync();
        try
        {
            WriteQuality("by words", await LabelledSet.JudgeAsync(database));
            await using (var meaning = Meaning.FromEnvironment(database))
            {
                if (meaning is not null)
                    WriteQuality($"by words and meaning ({meaning.Model})", await LabelledSet.JudgeAsync(database, meaning.Search, meaning.LearnAsync));
            }

            var text = new ZipfText(new Random(20_261));
            var writing = Stopwatch.StartNew();
            var (workspaceId, agentId) = await MakeKnowledge.AgentAsync(database, Books(text, chunks));
            writing.Stop();
            for (var i = 0; i < 10; i++)
                await MakeKnowledge.AgentAsync(database, Books(text, 1_000));
            await database.DataSource.ExecuteAsync("VACUUM ANALYZE");

            var retrieval = new Retrieval(database.DataSource);
            var questions = Enumerable.Range(0, Questions).Select(_ => Asked.From(text.Question(), [])).ToList();
            foreach (var question in questions.Take(100))
                await retrieval.FindAsync(workspaceId, agentId, question, CancellationToken.None);

            var floor = await MeasureAsync(questions, _ => database.DataSource.ScalarAsync<int>("SELECT 1"));
            var processor = Environment.CpuUsage.TotalTime;
            var found = await MeasureAsync(questions, question => retrieval.FindAsync(workspaceId, agentId, question, CancellationToken.None));
            processor = Environment.CpuUsage.TotalTime - processor;
            Write($"{"",-34}{"p50 ms",10}{"p95 ms",10}{"p99 ms",10}");
            Write($"{"one round trip (the floor)",-34}{At(floor, 50),10:0.00}{At(floor, 95),10:0.00}{At(floor, 99),10:0.00}");
            Write($"{"retrieval and scoring",-34}{At(found, 50),10:0.00}{At(found, 95),10:0.00}{At(found, 99),10:0.00}");
            Write($"{"ratio",-34}{At(found, 50) / At(floor, 50),10:0.0}{At(found, 95) / At(floor, 95),10:0.0}{At(found, 99) / At(floor, 99),10:0.0}");
            var near = await MeasureMeaningAsync(database, workspaceId, agentId);
            Write($"{"by meaning, the model's time apart",-34}{At(near, 50),10:0.00}{At(near, 95),10:0.00}{At(near, 99),10:0.00}");
            Write($"of which scoring and talking to Postgres take {processor.TotalMilliseconds / Questions:0.00} ms of processor time a question");
            Write($"indexing {chunks:N0} chunks took {writing.Elapsed.TotalSeconds:0.0} s");
        }
        finally
        {
            await database.DisposeAsync();
        }
    }

    private static void WriteQuality(string how, List<Verdict> verdicts)
    {
        Write($"{"labelled set, " + how,-50}{"questions",10}{"recall@3",10}{"precision",10}{"answered",10}{"refused",10}");
        foreach (var language in verdicts.GroupBy(v => $"{v.Business.Language} {v.Business.Name}{(v.Business.IsHeldOut ? " (held out)" : "")}"))
            Row(language.Key, [.. language]);
        foreach (var kind in verdicts.GroupBy(v => v.Question.Kind))
            Row(kind.Key.ToString().ToLowerInvariant(), [.. kind]);
        Row("held out", [.. verdicts.Where(v => v.Business.IsHeldOut)]);
        Row("all", verdicts);
        Write($"");

        static void Row(string name, List<Verdict> verdicts)
        {
            var quality = Quality.Of(verdicts);
            Write($"{"  " + name,-50}{quality.Questions,10}{Percent(quality.RecallAt3),10}{Percent(quality.Precision),10}{Percent(quality.Answered),10}{Percent(quality.Refused),10}");
        }

        static string Percent(double share) => double.IsNaN(share) ? "" : share.ToString("P0", CultureInfo.InvariantCulture);
    }

    /// <summary>The search among as many vectors of 1,536 numbers as the agent has chunks; the vectors mean nothing.</summary>
    private static async Task<List<double>> MeasureMeaningAsync(TestDatabase database, Guid workspaceId, Guid agentId)
    {
        const int Length = 1_536;
        await database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.chunk_vectors (workspace_id, agent_id, model, hash, code, vector)
            SELECT workspace_id, agent_id, 'random', hash, string_agg((number > 0)::int::text, '' ORDER BY nr)::varbit, array_agg(number::real ORDER BY nr)
            FROM (SELECT DISTINCT ON (hash) * FROM inbound.chunks WHERE agent_id = '{agentId}') c
            CROSS JOIN LATERAL (SELECT nr, random() - 0.5 + (c.ordinal * 0) AS number FROM generate_series(1, {Length}) nr) numbers
            GROUP BY workspace_id, agent_id, hash
            """);
        await database.DataSource.ExecuteAsync("VACUUM ANALYZE inbound.chunk_vectors");
        var options = Options.Create(new EmbeddingOptions { Name = "random", Endpoint = new Uri("http://localhost") });
        var search = new MeaningSearch(database.DataSource, new Embedder(new RandomGenerator(Length), TimeProvider.System, options), options, NullLogger<MeaningSearch>.Instance);
        var took = new List<double>();
        for (var i = 0; i < 220; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await search.FindAsync(workspaceId, agentId, ["question"], CancellationToken.None);
            if (i >= 20)
                took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        took.Sort();
        return took;
    }

    private sealed class RandomGenerator(int length) : IEmbeddingGenerator<string, Embedding<float>>
    {
        private readonly Random _random = new(7);

        public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default) =>
            Task.FromResult(new GeneratedEmbeddings<Embedding<float>>(values.Select(_ => new Embedding<float>(Enumerable.Range(0, length).Select(_ => _random.NextSingle() - 0.5f).ToArray()))));

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }

    /// <summary>The product's own search by meaning, with the endpoint that the environment names.</summary>
    private sealed class Meaning(IHost host) : IAsyncDisposable
    {
        public MeaningSearch Search => host.Services.GetRequiredService<MeaningSearch>();

        public string Model => host.Services.GetRequiredService<IOptions<EmbeddingOptions>>().Value.Model;

        public static Meaning? FromEnvironment(TestDatabase database)
        {
            var builder = Host.CreateApplicationBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddSingleton(database.DataSource).AddSingleton(TimeProvider.System).AddSingleton<WakeUps>();
            builder.AddKnowledge();
            return builder.Configuration["Embedding:Endpoint"] is { Length: > 0 } ? new(builder.Build()) : null;
        }

        public async Task LearnAsync()
        {
            var worker = host.Services.GetRequiredService<TrainingWorker>();
            while (await worker.RunOnceAsync(CancellationToken.None) > 0)
            {
            }
        }

        public ValueTask DisposeAsync()
        {
            host.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    private static IEnumerable<SourceContent> Books(ZipfText text, int chunks) => Enumerable.Range(0, 10).Select(book =>
        SourceContent.Pasted($"Book {book}", string.Join("\n\n", Enumerable.Range(0, chunks / 10).Select(_ => $"# {text.Words(3)}\n{text.Paragraph()}"))));

    private static async Task<List<double>> MeasureAsync(List<Asked> questions, Func<Asked, Task> ask)
    {
        var took = new List<double>(questions.Count);
        foreach (var question in questions)
        {
            var started = Stopwatch.GetTimestamp();
            await ask(question);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        took.Sort();
        return took;
    }

    private static double At(List<double> sorted, int percent) => sorted[(sorted.Count - 1) * percent / 100];

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    /// <summary>Text whose words are as unequally common as those of a language: a few on every page, most on few.</summary>
    private sealed class ZipfText(Random random)
    {
        private readonly string[] _words = [.. Enumerable.Range(0, 30_000).Select(_ => MakeWord(random)).Distinct()];

        public string Words(int count) => string.Join(' ', Enumerable.Range(0, count).Select(_ => _words[(int)Math.Pow(_words.Length, random.NextDouble()) - 1]));

        public string Paragraph() => string.Join(' ', Enumerable.Range(0, 11).Select(_ => Words(12) + "."));

        /// <summary>Five words, common and rare; every third question has a slip.</summary>
        public string Question()
        {
            var question = Words(5).ToCharArray();
            if (random.Next(3) == 0)
                question[random.Next(1, question.Length)] = 'x';
            return new string(question) + "?";
        }

        private static string MakeWord(Random random) => string.Concat(Enumerable.Range(0, random.Next(2, 5)).Select(_ =>
            "bcdfghklmnprstvwz"[random.Next(17)].ToString() + "aeiou"[random.Next(5)])) + "nrstl"[random.Next(5)];
    }
}
