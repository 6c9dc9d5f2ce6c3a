using Microsoft.Playwright;

namespace Bookbag.Tests.Browser;

/// <summary>How soon a page shows what it is about, and how much of it is in the document.</summary>
/// <param name="Page">The page.</param>
/// <param name="Opened">Milliseconds from its address to its first data, the console's start included.</param>
/// <param name="Reached">The same from a click inside the console.</param>
/// <param name="Rows">Rows of lists in the document.</param>
internal sealed record PageVisit(string Page, double Opened, double Reached, int Rows)
{
    private const string Row = "li.row:not([aria-hidden])";

    private static readonly (string Name, string Path, string Data)[] Pages =
    [
        ("home", "", ".checklist"), ("deploy", "/deploy", "main .state"),
        ("sources", "/knowledge/sources", Row), ("playground", "/knowledge/playground", "form.send"), ("behaviour", "/knowledge/behaviour", ".choices"), ("gaps", "/knowledge/gaps", Row),
        ("inbox, open tickets", "/inbox", Row), ("inbox, unassigned", "/inbox?view=unassigned", Row), ("inbox, closed", "/inbox?view=closed", Row),
        ("inbox, the agent's", "/inbox?view=ai", Row), ("inbox, all", "/inbox?view=all", Row), ("a conversation", "/inbox/{conversation}?view=all", ".message"),
        ("outbound", "/outbound", "main .figures"), ("templates", "/outbound/templates", Row), ("contacts", "/outbound/contacts", Row), ("campaigns", "/outbound/campaigns", Row),
        ("the largest campaign", "/outbound/campaigns/{campaign}", "main .note"), ("its funnel", "/outbound/campaigns/{campaign}", ".funnel"), ("a new campaign", "/outbound/campaigns/new", "main :is(input, .empty)"),
        ("webhook log", "/operations/webhooks", Row), ("members", "/operations/members", Row), ("API keys", "/operations/keys", Row), ("outgoing webhooks", "/operations/outgoing", "main form"),
        ("activity", "/operations/activity", Row),
    ];

    // Looked for with every picture that the browser draws.
    private const string First = """
        ([path, data]) => new Promise((seen, missed) => {
          const begun = path === null ? 0 : performance.now();
          if (path !== null) {
            document.querySelectorAll('main > *').forEach(old => old.dataset.old = '');
            Blazor.navigateTo(path);
          }
          const look = () => {
            if ([...document.querySelectorAll(data)].some(found => !found.closest('[data-old]')))
              seen(performance.now() - begun);
            else if (performance.now() - begun > 30000)
              missed(new Error(`${data} did not come`));
            else
              requestAnimationFrame(look);
          };
          look();
        })
        """;

    /// <summary>Every page of the console, of an agent with a lot of everything.</summary>
    public static async Task<IReadOnlyList<PageVisit>> AllAsync(Visit visit, Uri address, Guid agentId, Guid conversation, Guid campaign)
    {
        var visits = new List<PageVisit>();
        foreach (var (name, pattern, data) in Pages)
        {
            var path = $"/agents/{agentId}{pattern.Replace("{conversation}", $"{conversation}", StringComparison.Ordinal).Replace("{campaign}", $"{campaign}", StringComparison.Ordinal)}";
            await visit.Page.GotoAsync(new Uri(address, path).ToString(), new PageGotoOptions { WaitUntil = WaitUntilState.Commit });
            var opened = await visit.Page.EvaluateAsync<double>(First, new object?[] { null, data });
            await visit.GoAsync($"/agents/{agentId}/knowledge/sources/new/qa");
            var reached = await visit.Page.EvaluateAsync<double>(First, new object?[] { path, data });
            visits.Add(new PageVisit(name, opened, reached, await visit.Page.Locator("main li").CountAsync()));
        }

        return visits;
    }
}
