using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Platform;

public sealed class MembersTests(TestDatabase database) : IClassFixture<TestDatabase>, IDisposable
{
    private readonly InboundHost _host = new InboundHost(database.ConnectionString);

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task An_invited_member_signs_in_with_the_password_that_was_shown_once()
    {
        var admin = _host.CreateClient(await database.AddKeyAsync(await database.AddWorkspaceAsync()));

        var response = await admin.PostAsJsonAsync("/api/workspace/members", new { email = "New.One@example.com", role = "editor" });
        var invited = await response.Content.ReadFromJsonAsync<JsonElement>();
        var password = invited.GetProperty("password").GetString()!;

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        await using var scope = _host.Services.CreateAsyncScope();
        var members = scope.ServiceProvider.GetRequiredService<UserManager<Member>>();
        var member = await members.FindByEmailAsync("new.one@EXAMPLE.com");
        Assert.True(await members.CheckPasswordAsync(member!, password));
        Assert.DoesNotContain(password, await admin.GetStringAsync("/api/workspace/members"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_is_invited_once_whatever_the_workspace_and_a_weak_password_is_refused()
    {
        var ours = _host.CreateClient(await database.AddKeyAsync(await database.AddWorkspaceAsync()));
        var theirs = _host.CreateClient(await database.AddKeyAsync(await database.AddWorkspaceAsync()));
        await ours.PostAsJsonAsync("/api/workspace/members", new { email = "taken@example.com", role = "viewer" });

        var again = await theirs.PostAsJsonAsync("/api/workspace/members", new { email = "Taken@example.com", role = "viewer" });
        var weak = await ours.PostAsJsonAsync("/api/workspace/members", new { email = "weak@example.com", role = "viewer", password = "short" });
        var wrong = await ours.PostAsJsonAsync("/api/workspace/members", new { email = "not an address", role = "viewer" });

        Assert.Equal((HttpStatusCode.Conflict, "email_taken"), (again.StatusCode, await CodeOfAsync(again)));
        Assert.Equal((HttpStatusCode.BadRequest, "password_refused"), (weak.StatusCode, await CodeOfAsync(weak)));
        Assert.Equal((HttpStatusCode.BadRequest, "invalid_request"), (wrong.StatusCode, await CodeOfAsync(wrong)));
    }

    [Fact]
    public async Task An_admin_neither_makes_nor_touches_an_owner()
    {
        var workspace = await database.AddWorkspaceAsync();
        var owner = await database.AddMemberAsync(workspace, Role.Owner);
        var viewer = await database.AddMemberAsync(workspace, Role.Viewer);
        var admin = _host.CreateClient(await database.AddKeyAsync(workspace, Role.Admin));

        foreach (var refused in new[]
        {
            await admin.DeleteAsync($"/api/workspace/members/{owner.Id}"),
            await admin.PatchAsJsonAsync($"/api/workspace/members/{owner.Id}", new { role = "viewer" }),
            await admin.PatchAsJsonAsync($"/api/workspace/members/{viewer.Id}", new { role = "owner" }),
            await admin.PostAsJsonAsync("/api/workspace/members", new { email = "boss@example.com", role = "owner" }),
            await admin.PostAsJsonAsync("/api/workspace/keys", new { name = "Boss", role = "owner" }),
        })
        {
            Assert.Equal((HttpStatusCode.Forbidden, "role_too_high"), (refused.StatusCode, await CodeOfAsync(refused)));
        }

        Assert.Equal(HttpStatusCode.OK, (await admin.PatchAsJsonAsync($"/api/workspace/members/{viewer.Id}", new { role = "admin" })).StatusCode);
        Assert.Equal(HttpStatusCode.NoContent, (await admin.DeleteAsync($"/api/workspace/members/{viewer.Id}")).StatusCode);
    }

    [Fact]
    public async Task The_last_owner_stays_also_when_two_remove_each_other_at_once()
    {
        var workspace = await database.AddWorkspaceAsync();
        var owners = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => database.AddMemberAsync(workspace, Role.Owner)));
        var client = _host.CreateClient(await database.AddKeyAsync(workspace, Role.Owner));

        var answers = await Task.WhenAll(owners.Select((o, i) => i % 2 == 0
            ? client.DeleteAsync($"/api/workspace/members/{o.Id}")
            : client.PatchAsJsonAsync($"/api/workspace/members/{o.Id}", new { role = "viewer" })));

        Assert.Equal(3, answers.Count(a => a.IsSuccessStatusCode));
        Assert.Equal("last_owner", await CodeOfAsync(answers.Single(a => a.StatusCode == HttpStatusCode.Conflict)));
        Assert.Equal(1, await database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM platform.members WHERE workspace_id = '{workspace.Id}' AND role = 'owner'"));
    }

    [Fact]
    public async Task Lists_come_in_pages()
    {
        var workspace = await database.AddWorkspaceAsync();
        var made = new List<Guid>();
        for (var i = 0; i < 5; i++)
            made.Add((await database.AddAgentAsync(workspace, $"Agent {i}")).Id);
        var client = _host.CreateClient(await database.AddKeyAsync(workspace, Role.Viewer));

        var seen = new List<Guid>();
        for (string? cursor = "", query = "?limit=2"; cursor is not null; query = $"?limit=2&cursor={cursor}")
        {
            var page = await client.GetFromJsonAsync<JsonElement>($"/api/agents{query}");
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(a => a.GetProperty("id").GetGuid()));
            cursor = page.GetProperty("next").GetString();
        }

        Assert.Equal(made.Order(), seen);
        Assert.Equal(HttpStatusCode.BadRequest, (await client.GetAsync("/api/agents?cursor=made-up")).StatusCode);
    }

    private static async Task<string?> CodeOfAsync(HttpResponseMessage response) =>
        (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("code").GetString();
}
