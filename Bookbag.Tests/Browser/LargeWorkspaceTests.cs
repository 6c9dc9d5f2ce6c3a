namespace Bookbag.Tests.Browser;

/// <summary>The short form of <c>bench pages</c>: with more of everything than fits on a screen, every page shows its data and no list is whole in the document.</summary>
[Collection(nameof(BrowserWorld))]
public sealed class LargeWorkspaceTests(BrowserWorld world)
{
    // A list of 72 pixels a row on a screen of 900, with what is kept above and below it.
    private const int MostRows = 80;

    [Fact]
    public async Task Every_page_shows_its_data_and_only_the_rows_that_are_seen()
    {
        var agent = await world.AgentAsync("Large", connected: true);
        await world.Product.PostAsync($"/api/agents/{agent}/sources", new { type = "qa", question = "When?", answer = "Now." });
        await new LargeWorkspace(Contacts: 10_000, Conversations: 2_000, Campaigns: 200).SeedAsync(world.Product.Database, agent);
        await world.VisitAsync("admin", async visit =>
            Assert.All(await LargeWorkspace.VisitAsync(world, visit, agent), page => Assert.True(page.Rows < MostRows, $"{page.Page} has {page.Rows} rows in the document.")));
    }
}
