using System.Text.Json;
using Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>What simulated customers do, and what Meta does by itself as limits are used.</summary>
public sealed class HabitTests : IAsyncLifetime
{
    private const string Template = "spring_sale";

    private SandboxDriver _sandbox = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync()
    {
        _sandbox = await SandboxDriver.StartAsync(options =>
        {
            options.PairLimit = false;
            options.MessagesPerSecond = 10_000;
            // A status a second: webhooks of one moment come in any order.
            options.SentAfter = options.DeliveredAfter = options.ReadAfter = TimeSpan.FromSeconds(1);
        });
        _sandbox.Control.Learn(new SandboxTemplate { Name = Template, Language = "en_US", Category = "marketing", QuickReplies = ["Yes", "No"] });
    }

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Fact]
    public async Task A_customer_who_replies_writes_after_having_read_and_may_quote_the_message()
    {
        Habits(new CustomerHabits { Replies = 1, Quotes = 1, Words = ["Tell me more"], ActsAfter = TimeSpan.FromSeconds(5) });
        var wamid = await SendAsync();
        await ReachedAsync("sent", "delivered", "read");
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(5));
        var message = await _sandbox.Callback.NextMessageAsync();
        Assert.Equal(("Tell me more", wamid), (message.GetProperty("text").GetProperty("body").GetString(), message.GetProperty("context").GetProperty("id").GetString()));
    }

    [Fact]
    public async Task A_customer_who_presses_a_button_answers_with_its_payload()
    {
        Habits(new CustomerHabits { Presses = 1 });
        var wamid = await SendAsync("""
            [{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"first"}]},
             {"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"second"}]}]
            """);
        await ReachedAsync("sent", "delivered", "read");
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(3));
        var message = await _sandbox.Callback.NextMessageAsync();
        var button = message.GetProperty("button");
        Assert.Contains((button.GetProperty("text").GetString(), button.GetProperty("payload").GetString()), new (string?, string?)[] { ("Yes", "first"), ("No", "second") });
        Assert.Equal(wamid, message.GetProperty("context").GetProperty("id").GetString());
    }

    [Theory]
    [InlineData("No", "second")]
    [InlineData("Something else", "Something else")]
    public async Task A_button_that_is_tapped_by_hand_brings_back_its_payload(string label, string payload)
    {
        await SendAsync("""
            [{"type":"button","sub_type":"quick_reply","index":"0","parameters":[{"type":"payload","payload":"first"}]},
             {"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"second"}]}]
            """);
        await ReachedAsync("sent", "delivered", "read");
        await _sandbox.ControlAsync(HttpMethod.Post, $"sandbox/customers/{SandboxDriver.Customer}/messages", new { type = "button", text = label });
        var button = (await _sandbox.Callback.NextMessageAsync()).GetProperty("button");
        Assert.Equal((label, payload), (button.GetProperty("text").GetString(), button.GetProperty("payload").GetString()));
    }

    [Fact]
    public async Task A_customer_who_has_enough_writes_STOP()
    {
        Habits(new CustomerHabits { Stops = 1 });
        await SendAsync();
        await ReachedAsync("sent", "delivered", "read");
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal("STOP", (await _sandbox.Callback.NextMessageAsync()).GetProperty("text").GetProperty("body").GetString());
    }

    [Fact]
    public async Task Marketing_to_a_customer_who_stopped_it_in_WhatsApp_fails()
    {
        Habits(new CustomerHabits { StopsInWhatsApp = 1 });
        await SendAsync();
        await ReachedAsync("sent", "delivered", "read");
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(3));
        var change = (await _sandbox.Callback.NextAsync()).GetProperty("entry")[0].GetProperty("changes")[0];
        var preference = Assert.Single(change.GetProperty("value").GetProperty("user_preferences").EnumerateArray());
        Assert.Equal(("user_preferences", "stop", SandboxDriver.Customer),
            (change.GetProperty("field").GetString(), preference.GetProperty("value").GetString(), preference.GetProperty("wa_id").GetString()));

        await SendAsync();
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(131050, ErrorOf(await _sandbox.Callback.NextStatusAsync()));
    }

    [Fact]
    public async Task What_is_sent_to_a_customer_who_blocked_the_business_is_never_delivered()
    {
        Habits(new CustomerHabits { Blocks = 1 });
        await SendAsync();
        await ReachedAsync("sent", "delivered", "read");
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(3));
        await SendAsync();
        await ReachedAsync("sent");
        _sandbox.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((2, 1, 0), (_sandbox.Control.Stats().Statuses.Sent, _sandbox.Control.Stats().Statuses.Delivered, _sandbox.Control.Stats().Planned));
    }

    [Fact]
    public async Task One_customer_has_other_habits_than_those_of_the_number()
    {
        Habits(new CustomerHabits { Replies = 1 });
        Assert.Equal(200, (await _sandbox.ControlAsync(HttpMethod.Put, $"sandbox/customers/{SandboxDriver.Customer}", new { habits = new { reads = 0 } })).Status);
        await SendAsync();
        await ReachedAsync("sent", "delivered");
        _sandbox.Clock.Advance(TimeSpan.FromDays(1));
        Assert.Equal((0, 0), (_sandbox.Control.Stats().Statuses.Read, _sandbox.Control.Stats().CustomerMessages));
    }

    [Fact]
    public void Shares_come_true_and_two_runs_are_the_same()
    {
        var habits = new CustomerHabits { Reads = 0.6, Replies = 0.1, Presses = 0.2, Stops = 0.05, StopsInWhatsApp = 0.03, Blocks = 0.02 };
        static List<CustomerDraw> People(int seed) => [.. Enumerable.Range(0, 20_000).Select(i => new CustomerDraw(seed, $"1555{i}", 1))];
        var acts = People(1).CountBy(p => p.Act(habits)).ToDictionary(a => a.Key, a => a.Value / 20_000.0);
        Assert.Equal(0.6, People(1).Count(p => p.Reads(habits)) / 20_000.0, 0.02);
        Assert.Equal((0.1, 0.2, 0.05), (Math.Round(acts[CustomerAct.Reply], 2), Math.Round(acts[CustomerAct.Press], 2), Math.Round(acts[CustomerAct.Stop], 2)));
        Assert.Equal(People(1).Select(p => p.Act(habits)), People(1).Select(p => p.Act(habits)));
        Assert.NotEqual(People(1).Select(p => p.Act(habits)), People(2).Select(p => p.Act(habits)));
    }

    [Fact]
    public async Task A_customer_gets_no_more_marketing_in_24_hours_than_Meta_lets_through()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { MarketingPerCustomer = 2, Reads = false });
        for (var i = 0; i < 2; i++)
        {
            await SendAsync();
            await ReachedAsync("sent", "delivered");
        }

        await SendAsync();
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(131049, ErrorOf(await _sandbox.Callback.NextStatusAsync()));
        _sandbox.Clock.Advance(TimeSpan.FromDays(1));
        await SendAsync();
        await ReachedAsync("sent", "delivered");
    }

    [Fact]
    public async Task Half_of_the_limit_used_brings_the_next_one_and_every_account_is_told()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Tier = "TIER_250", UpgradeAfter = TimeSpan.FromHours(6), Reads = false });
        for (var i = 0; i < 124; i++)
            await _sandbox.SendTemplateAsync($"1555000{i:0000}", Template);
        Assert.Equal("TIER_250", await TierAfterAsync(TimeSpan.FromHours(6)));
        await _sandbox.SendTemplateAsync("15550000124", Template);
        Assert.Equal("TIER_250", await TierAfterAsync(TimeSpan.FromHours(5.9)));
        Assert.Equal("TIER_2K", await TierAfterAsync(TimeSpan.FromHours(0.1)));
        JsonElement change;
        do
            change = (await _sandbox.Callback.NextAsync()).GetProperty("entry")[0].GetProperty("changes")[0];
        while (change.GetProperty("field").GetString() == "messages");
        Assert.Equal(("business_capability_update", 2_000), (change.GetProperty("field").GetString(), change.GetProperty("value").GetProperty("max_daily_conversations_per_business").GetInt32()));
    }

    [Fact]
    public async Task A_number_of_poor_quality_gets_no_higher_limit()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Tier = "TIER_50", UpgradeAfter = TimeSpan.FromHours(1), QualityRating = "YELLOW", Reads = false });
        for (var i = 0; i < 30; i++)
            await _sandbox.SendTemplateAsync($"1555000{i:0000}", Template);
        Assert.Equal("TIER_50", await TierAfterAsync(TimeSpan.FromHours(2)));
    }

    [Fact]
    public async Task A_number_that_is_on_a_phone_too_sends_20_a_second()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Throughput = "NOT_APPLICABLE" });
        for (var i = 0; i < 20; i++)
            Assert.Equal(200, (await _sandbox.SendTemplateAsync($"1555000{i:0000}", Template)).Status);
        Assert.Equal(130429, (await _sandbox.SendTemplateAsync("15550000020", Template)).Code);
        Assert.True((await _sandbox.GetAsync($"v25.0/{SandboxDriver.NumberId}?fields=is_on_biz_app,platform_type")).Json.GetProperty("is_on_biz_app").GetBoolean());
    }

    private void Habits(CustomerHabits habits) => _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Habits = habits });

    private async Task<string> SendAsync(string components = "[]") => (await _sandbox.SendTemplateAsync(SandboxDriver.Customer, Template, components: components)).Wamid;

    /// <summary>Moves the clock from status to status; each one comes.</summary>
    private async Task ReachedAsync(params string[] statuses)
    {
        foreach (var status in statuses)
        {
            _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
            Assert.Equal(status, (await _sandbox.Callback.NextStatusAsync()).GetProperty("status").GetString());
        }
    }

    private async Task<string?> TierAfterAsync(TimeSpan time)
    {
        _sandbox.Clock.Advance(time);
        return (await _sandbox.GetAsync($"v25.0/{SandboxDriver.NumberId}?fields=whatsapp_business_manager_messaging_limit")).Json.GetProperty("whatsapp_business_manager_messaging_limit").GetString();
    }

    private static int ErrorOf(JsonElement status) => Assert.Single(status.GetProperty("errors").EnumerateArray()).GetProperty("code").GetInt32();
}
