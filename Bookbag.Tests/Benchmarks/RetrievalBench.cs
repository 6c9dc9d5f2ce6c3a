using System.Diagnostics;
using System.Globalization;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>How long finding passages takes in an agent's sources of 10,000 chunks (or as many as the argument says), beside other agents with 10,000 in all.</summary>
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
            Write($"of which scoring and talking to Postgres take {processor.TotalMilliseconds / Questions:0.00} ms of processor time a question");
            Write($"indexing {chunks:N0} chunks took {writing.Elapsed.TotalSeconds:0.0} s");
        }
        finally
        {
            await database.DisposeAsync();
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
