using Bookbag.Tests.Support;

namespace Bookbag.Tests.Edge;

/// <summary>The Edge with a database of its own and one stand-in a service, shared by the tests of a class.</summary>
public sealed class EdgeFixture : IAsyncLifetime
{
    private readonly TestDatabase _database = new();

    internal EdgeHost Edge { get; private set; } = null!; // set by InitializeAsync, which xunit awaits before any test

    public BackEnd Inbound { get; private set; } = null!;

    public BackEnd Outbound { get; private set; } = null!;

    public BackEnd Sandbox { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        (Inbound, Outbound, Sandbox) = (await BackEnd.StartAsync(), await BackEnd.StartAsync(), await BackEnd.StartAsync());
        Edge = Host([]);
    }

    public async Task DisposeAsync()
    {
        await Edge.DisposeAsync();
        await Inbound.DisposeAsync();
        await Outbound.DisposeAsync();
        await Sandbox.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>Another Edge in front of the same services, with settings of its own.</summary>
    internal EdgeHost Host(Dictionary<string, string?> settings) => new(_database, new Dictionary<string, string?>
    {
        ["services:inbound:http:0"] = Inbound.Address,
        ["services:outbound:http:0"] = Outbound.Address,
        ["services:sandbox:http:0"] = Sandbox.Address,
    }.Concat(settings).GroupBy(s => s.Key).ToDictionary(g => g.Key, g => g.Last().Value));
}
