using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Inbound.Knowledge.Meaning;
using Bookbag.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>Vectors compared by Postgres. Where pgvector is not installed, its type and operator are stood in for by a domain and a function in SQL.</summary>
public sealed class PgvectorTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private const string StandIn = """
        CREATE DOMAIN vector AS real[];
        CREATE FUNCTION cosine_distance(a real[], b real[]) RETURNS double precision LANGUAGE sql IMMUTABLE AS
            'SELECT 1 - sum(x * y) / sqrt(sum(x * x) * sum(y * y)) FROM unnest(a, b) AS number (x, y)';
        CREATE OPERATOR <=> (LEFTARG = real[], RIGHTARG = real[], FUNCTION = cosine_distance);
        """;

    private readonly IOptions<EmbeddingOptions> _options = Options.Create(new EmbeddingOptions { Endpoint = new Uri("http://localhost"), Name = "toy" });
    private readonly ToyModel _model = new();

    [Fact]
    public async Task Postgres_and_the_program_find_the_same()
    {
        var world = new TrainingWorld(database) { Embedding = _options };
        await world.AddAsync(SourceContent.Pasted("Help", string.Join("\n\n", Enumerable.Range(0, 150).Select(i => $"# Part {i}\nword{i} other{i % 7} shipping"))));
        var worker = world.Worker(embedder: new Embedder(_model, world.Clock, _options));
        while (await worker.RunOnceAsync(CancellationToken.None) > 0)
        {
        }
        if (!await database.DataSource.ScalarAsync<bool>("SELECT to_regtype('vector') IS NOT NULL"))
            await database.DataSource.ExecuteAsync(StandIn);

        var byProgram = await FindAsync(world, withoutPgvector: true);
        var byPostgres = await FindAsync(world, withoutPgvector: false);
        Assert.Equal(("Part 7", 12), (byProgram[0].Heading, byProgram.Count));
        Assert.Equal(byProgram[0].Heading, byPostgres[0].Heading);
        Assert.Equal(byProgram.Select(passage => passage.Closeness[0]), byPostgres.Select(passage => passage.Closeness[0]), (a, b) => Math.Abs(a - b) < 0.001);
    }

    public void Dispose() => _model.Dispose();

    private async Task<List<Passage>> FindAsync(TrainingWorld world, bool withoutPgvector)
    {
        var search = new MeaningSearch(database.DataSource, new Embedder(_model, world.Clock, _options), _options, NullLogger<MeaningSearch>.Instance) { WithoutPgvector = withoutPgvector };
        var found = await search.FindAsync(world.WorkspaceId, world.AgentId, ["parcel word7 other0"], CancellationToken.None);
        return [.. found.OrderByDescending(passage => passage.Closeness[0]).ThenBy(passage => passage.Ordinal)];
    }
}
