using System.Text.Json;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Outbound.Contacts;

public sealed class SuppressionTests(OutboundService service) : IClassFixture<OutboundService>
{
    private static readonly DateTimeOffset At = new(2026, 11, 1, 12, 0, 0, TimeSpan.Zero);
    private static int _customers;

    private readonly string _phone = $"49152{Interlocked.Increment(ref _customers):00000000}";

    [Fact]
    public async Task Stop_suppresses_and_start_lifts_in_whatever_order_they_come()
    {
        await ApplyAsync(Event("opt_out", 1));
        Assert.True(await IsSuppressedAsync());
        await ApplyAsync(Event("opt_in", 2));
        Assert.False(await IsSuppressedAsync());
        await ApplyAsync(Event("opt_out", 0));
        Assert.False(await IsSuppressedAsync());
        await ApplyAsync(Event("opt_out", 4), Event("opt_in", 3));
        Assert.True(await IsSuppressedAsync());
    }

    [Fact]
    public async Task An_opt_out_that_comes_after_a_later_opt_in_does_not_hold()
    {
        await ApplyAsync(Event("opt_in", 5));
        await ApplyAsync(Event("opt_out", 4));
        Assert.False(await IsSuppressedAsync());
    }

    [Fact]
    public async Task Start_does_not_undo_what_the_person_stopped_in_WhatsApp()
    {
        await ApplyAsync(Preference("stop", 1));
        await ApplyAsync(Event("opt_in", 2));
        Assert.True(await IsSuppressedAsync());
        await ApplyAsync(Preference("signup", 3));
        Assert.True(await IsSuppressedAsync());
        await ApplyAsync(Preference("resume", 4));
        Assert.False(await IsSuppressedAsync());
    }

    [Fact]
    public async Task A_message_that_failed_with_131050_suppresses()
    {
        await ApplyAsync(Event("status", 1, """{"id":"wamid.x","status":"failed","recipient_id":"1","errors":[{"code":131026}]}"""));
        Assert.False(await IsSuppressedAsync());
        await ApplyAsync(Event("status", 1, """{"id":"wamid.x","status":"failed","recipient_id":"1","errors":[{"code":131050,"title":"stopped"}]}"""));
        Assert.True(await IsSuppressedAsync());
    }

    [Fact]
    public async Task The_same_events_again_change_nothing()
    {
        DeliveryEvent[] events = [Event("opt_out", 1), Preference("stop", 2), Event("opt_in", 3), Preference("resume", 4)];
        for (var i = 0; i < 3; i++)
            await ApplyAsync(events);
        Assert.False(await IsSuppressedAsync());
        Assert.Equal(2, await service.Database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM outbound.suppressions WHERE address = 'p:{_phone}'"));
    }

    [Fact]
    public async Task Saying_yes_again_is_an_opt_in_of_the_contact()
    {
        var agent = await service.AgentAsync();
        var api = await service.ApiAsync();
        var url = $"/api/agents/{agent.Id}/outbound/contacts";
        var id = Api.Ok(await api.PostAsync(url, new { phone = $"+{_phone}" })).GetProperty("id").GetGuid();
        await ApplyAsync(Event("opt_out", 1) with { AgentId = agent.Id });
        var contact = Api.Ok(await api.GetAsync($"{url}/{id}")).GetProperty("marketing");
        Assert.Equal(("opted_out", "stop_word", "STOP"), (contact.GetProperty("state").GetString(), contact.GetProperty("source").GetString(), contact.GetProperty("reason").GetString()));
        await ApplyAsync(Event("opt_in", 2) with { AgentId = agent.Id });
        contact = Api.Ok(await api.GetAsync($"{url}/{id}")).GetProperty("marketing");
        Assert.Equal(("opted_in", "start_word"), (contact.GetProperty("state").GetString(), contact.GetProperty("source").GetString()));
    }

    private async Task ApplyAsync(params DeliveryEvent[] events)
    {
        await using var connection = await service.Database.DataSource.OpenConnectionAsync();
        await Suppressions.ApplyAsync(connection, events, CancellationToken.None);
    }

    private async Task<bool> IsSuppressedAsync() => await service.Database.DataSource.ScalarAsync<long>(
        $"SELECT count(*) FROM outbound.suppressed WHERE workspace_id = '{service.Workspace.Id}' AND address = 'p:{_phone}'") > 0;

    private DeliveryEvent Event(string kind, int hour, string payload = """{"word":"STOP"}""") => new(
        1, service.Workspace.Id, Guid.Empty, Guid.Empty, kind, At.AddHours(hour), null, null, $"p:{_phone}", JsonElement.Parse(payload));

    private DeliveryEvent Preference(string value, int hour) => Event("preference", 0, $$"""
        {"user_preferences":[{"wa_id":"{{_phone}}","detail":"User requested to {{value}}","category":"marketing_messages","value":"{{value}}","timestamp":{{At.AddHours(hour).ToUnixTimeSeconds()}}}]}
        """);
}
