using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Embedded;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.HelpDesk;

/// <summary>The service with its workers, a workspace with a connected agent, and its members' browsers.</summary>
internal sealed class HelpDeskWorld : IAsyncDisposable
{
    public static readonly DateTimeOffset Now = new(2026, 3, 2, 10, 0, 0, TimeSpan.Zero);

    private readonly TestDatabase _database;

    private HelpDeskWorld(TestDatabase database, Dictionary<string, string?>? settings)
    {
        _database = database;
        Host = new InboundHost(database.ConnectionString, Clock, "Development", settings);
    }

    public InboundHost Host { get; }

    public FakeTimeProvider Clock { get; } = new(Now);

    public Workspace Workspace { get; private set; } = null!; // set by StartAsync

    public Agent Agent { get; private set; } = null!; // the same

    public Channel Channel { get; private set; } = null!; // the same

    /// <summary>A program with an admin's key.</summary>
    public HttpClient Program { get; private set; } = null!; // the same

    public static async Task<HelpDeskWorld> StartAsync(TestDatabase database, Dictionary<string, string?>? settings = null)
    {
        var world = new HelpDeskWorld(database, settings);
        world.Workspace = await database.AddWorkspaceAsync();
        world.Agent = await database.AddAgentAsync(world.Workspace);
        world.Channel = await database.AddChannelAsync(world.Agent, world.Host.Services.GetRequiredService<SecretProtector>());
        await world.Host.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
        world.Program = world.Host.CreateClient(await database.AddKeyAsync(world.Workspace, Role.Admin));
        return world;
    }

    /// <summary>A member of the workspace, signed in.</summary>
    public async Task<(Member Member, HttpClient Client)> JoinAsync(Role role = Role.Editor)
    {
        var member = await _database.AddMemberAsync(Workspace, role);
        var client = Host.CreateClient(null);
        client.DefaultRequestHeaders.Add("Cookie", await Host.SignInAsync(member));
        return (member, client);
    }

    /// <summary>A conversation of the agent's, the customer's message in it.</summary>
    public async Task<Guid> CustomerWritesAsync(string text = "My lamp is broken", string name = "Maria")
    {
        var at = Clock.GetUtcNow();
        var id = Guid.CreateVersion7(at);
        await _database.DataSource.ExecuteAsync($"""
            INSERT INTO inbound.conversations (workspace_id, channel_id, agent_id, id, customer_phone, customer_name, epoch, last_inbound_at, last_message_at, last_message_text, created_at)
            VALUES ('{Workspace.Id}', '{Channel.Id}', '{Agent.Id}', '{id}', '15550001111', '{name}', 1, '{at:O}', '{at:O}', '{text}', '{at:O}');
            INSERT INTO inbound.messages (workspace_id, channel_id, conversation_id, id, at, direction, author, type, text, status, status_rank, awaiting)
            VALUES ('{Workspace.Id}', '{Channel.Id}', '{id}', '{Guid.CreateVersion7(at)}', '{at:O}', 'in', 'customer', 'text', '{text}', 'received', 9, true)
            """);
        return id;
    }

    /// <summary>A conversation that went to a person, and its ticket.</summary>
    public async Task<(Guid Conversation, Guid Ticket)> EscalatedAsync(string text = "My lamp is broken", string name = "Maria")
    {
        var conversation = await CustomerWritesAsync(text, name);
        await Host.Services.GetRequiredService<Bookbag.Inbound.HelpDesk.HandOff>().EscalateAsync(
            Channel.Id, conversation, Bookbag.Inbound.HelpDesk.EscalationCause.Customer, "The customer asked for a person.", default);
        return (conversation, await TicketOfAsync(conversation));
    }

    public Task<Guid> TicketOfAsync(Guid conversation) =>
        _database.DataSource.ScalarAsync<Guid>($"SELECT id FROM inbound.tickets WHERE conversation_id = '{conversation}' ORDER BY opened_at DESC LIMIT 1");

    /// <summary>One text about a ticket: its columns with commas between.</summary>
    public Task<string?> TicketAsync(Guid ticket, string columns) =>
        _database.DataSource.ScalarAsync<string>($"SELECT concat_ws(',', {columns}) FROM inbound.tickets WHERE id = '{ticket}'");

    /// <summary>The kinds of the timeline's entries in their order, without those of the worker that sums up.</summary>
    public Task<string?> TimelineAsync(Guid ticket) => _database.DataSource.ScalarAsync<string>($"""
        SELECT string_agg(concat_ws(' ', kind, status), ', ' ORDER BY nr) FROM inbound.ticket_entries WHERE ticket_id = '{ticket}' AND kind <> 'summary'
        """);

    public Task EventuallyAsync(string sql, string what) => Eventually.TrueAsync(() => _database.DataSource.ScalarAsync<bool>(sql), what, 60);

    public static async Task<JsonElement> ReadAsync(Task<HttpResponseMessage> request)
    {
        using var response = await request;
        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public static async Task<JsonElement> RefusedAsync(Task<HttpResponseMessage> request, HttpStatusCode status, string code)
    {
        using var response = await request;
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((status, code), (response.StatusCode, problem.GetProperty("code").GetString()));
        return problem;
    }

    public async ValueTask DisposeAsync()
    {
        Program.Dispose();
        await Host.DisposeAsync();
    }
}
