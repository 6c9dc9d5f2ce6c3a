using Bookbag.Inbound.HelpDesk;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>What webhooks do to tickets.</summary>
public sealed class TicketNewsTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private const string Maria = "16505550001";

    [Fact]
    public async Task An_answer_from_the_phone_opens_a_ticket_and_the_customers_next_message_moves_it()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.1", Maria, "Is it broken?", Noon)));
        await ApplyAsync(Meta.Echoes(Channel.PhoneNumberId, Meta.Echo("wamid.2", Maria, "Let me look.", Noon)));
        Assert.Equal("on_customer,echo,A person of the business answered on the phone.", await TicketAsync());

        Parts.Clock.Advance(TimeSpan.FromSeconds(1));
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.3", Maria, "And?", Noon)));
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.3", Maria, "And?", Noon)));
        Assert.Equal("on_you,echo,A person of the business answered on the phone.", await TicketAsync());

        Parts.Clock.Advance(TimeSpan.FromSeconds(1));
        await ApplyAsync(Meta.Echoes(Channel.PhoneNumberId, Meta.Echo("wamid.4", Maria, "It is.", Noon)));
        Assert.Equal("opened on_customer, status on_you, status on_customer", await Parts.Database.ScalarAsync<string>($"""
            SELECT string_agg(e.kind || ' ' || e.status, ', ' ORDER BY e.nr) FROM inbound.ticket_entries e JOIN inbound.tickets t ON t.id = e.ticket_id
            WHERE t.channel_id = '{Channel.Id}' AND e.kind <> 'summary'
            """));
    }

    [Fact]
    public async Task Who_gives_out_tickets_is_woken_by_news_of_tickets_and_not_by_every_message()
    {
        var wakeUps = Parts.Services.GetRequiredService<WakeUps>();
        Task WokenAsync() => wakeUps.WaitAsync(TicketAssigner.Topic, Timeout.InfiniteTimeSpan, CancellationToken.None);

        var opened = WokenAsync();
        await ApplyAsync(Meta.Echoes(Channel.PhoneNumberId, Meta.Echo("wamid.1", Maria, "Let me look.", Noon)));
        await opened;

        var turned = WokenAsync();
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.2", Maria, "And?", Noon)));
        await turned;

        var nothing = WokenAsync();
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.3", Maria, "Hello?", Noon)));
        Assert.False(nothing.IsCompleted);
    }

    [Fact]
    public async Task A_message_in_the_batch_of_the_answer_is_the_last_word()
    {
        await ApplyAsync(
            Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.1", Maria, "Is it broken?", Noon)),
            Meta.Echoes(Channel.PhoneNumberId, Meta.Echo("wamid.2", Maria, "Let me look.", Noon)),
            Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.3", Maria, "Thank you", Noon)));

        // Opened by this batch: nobody of the team has looked at it here.
        Assert.Equal("new,echo,A person of the business answered on the phone.", await TicketAsync());
    }

    [Fact]
    public async Task An_answer_of_the_agent_that_Meta_reports_as_failed_opens_a_ticket_once()
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.1", Maria, "Hello?", Noon)));
        await ReplyAsync(Maria, "sent", "wamid.R");

        for (var i = 0; i < 2; i++)
            await ApplyAsync(Meta.Statuses(Channel.PhoneNumberId, Meta.Status("wamid.R", "failed", Noon, error: 131026)));

        Assert.Equal("human,2", await ConversationAsync("mode, epoch"));
        Assert.StartsWith("new,failure,The agent's answer did not arrive.", await TicketAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("failed", 131047, 0)]
    [InlineData("failed", 131026, 25)]
    [InlineData("delivered", null, 0)]
    public async Task A_closed_window_late_news_and_good_news_open_none(string status, int? error, int hoursLate)
    {
        await ApplyAsync(Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.1", Maria, "Hello?", Noon)));
        await ReplyAsync(Maria, "sent", "wamid.R");
        Parts.Clock.Advance(TimeSpan.FromHours(hoursLate));

        await ApplyAsync(Meta.Statuses(Channel.PhoneNumberId, Meta.Status("wamid.R", status, Noon, error: error)));

        Assert.Equal("ai", await ConversationAsync("mode"));
        Assert.Equal(0, await CountAsync("tickets"));
    }

    [Fact]
    public async Task Every_batch_tells_live_updates_what_it_changed()
    {
        await ApplyAsync(
            Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.1", Maria, "One", Noon), Meta.Text("wamid.2", Maria, "Two", Noon)),
            Meta.Messages(Channel.PhoneNumberId, Meta.Text("wamid.3", "16505550002", "Three", Noon)));

        Assert.Equal("conversation 2, message 3", await Parts.Database.ScalarAsync<string>($"""
            SELECT string_agg(kind || ' ' || count, ', ' ORDER BY kind)
            FROM (SELECT kind, count(*) FROM inbound.live_events WHERE agent_id = '{Channel.AgentId}' AND kind <> 'channel' GROUP BY kind) AS told
            """));
    }

    private Task<string?> TicketAsync() =>
        Parts.Database.ScalarAsync<string>($"SELECT concat_ws(',', status, cause, reason) FROM inbound.tickets WHERE channel_id = '{Channel.Id}'");
}
