using System.Globalization;
using Bookbag.Tests.Browser;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Benchmarks;

/// <summary>Every page of the console with 1,000,000 contacts, 100,000 conversations and 200 campaigns in the database, one of which went to every contact: when it shows its first data.</summary>
public static class PagesBench
{
    /// <param name="args">How many contacts, conversations and campaigns; the numbers above where they are left out.</param>
    public static async Task RunAsync(string[] args)
    {
        var sizes = args.Select(size => int.Parse(size, NumberStyles.AllowThousands, CultureInfo.InvariantCulture)).ToArray();
        var large = sizes is [var contacts, var conversations, var campaigns] ? new LargeWorkspace(contacts, conversations, campaigns) : new LargeWorkspace(1_000_000, 100_000, 200);
        var world = new BrowserWorld();
        await world.InitializeAsync();
        try
        {
            var agent = await world.AgentAsync("Large", connected: true);
            await world.Product.PostAsync($"/api/agents/{agent}/sources", new { type = "qa", question = ConnectedAgent.Question, answer = ConnectedAgent.OpeningHours });
            await large.SeedAsync(world.Product.Database, agent);
            var table = new Table("page", "ms to first data", "ms from inside", "list items in the document");
            await world.VisitAsync("admin", async visit =>
            {
                await LargeWorkspace.VisitAsync(world, visit, agent); // warm-up
                foreach (var page in await LargeWorkspace.VisitAsync(world, visit, agent))
                    table.Row(page.Page, page.Opened, page.Reached, page.Rows);
            });
            Console.WriteLine($"{large.Contacts:N0} contacts, {large.Conversations:N0} conversations, {large.Campaigns:N0} campaigns:");
            Console.WriteLine(table);
        }
        finally
        {
            await world.DisposeAsync();
        }
    }
}
