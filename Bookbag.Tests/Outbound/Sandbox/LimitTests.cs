using System.Text.Json;
using Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>Meta's limits in time: the customer service window, throughput, the pair limit, the messaging limit.</summary>
public sealed class LimitTests : IAsyncLifetime
{
    private SandboxDriver _sandbox = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _sandbox = await SandboxDriver.StartAsync();

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Fact]
    public async Task The_window_is_open_for_24_hours_after_the_customers_last_message()
    {
        Assert.Equal(131047, (await _sandbox.SendTextAsync()).Code);
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
        _sandbox.Clock.Advance(TimeSpan.FromHours(24) - TimeSpan.FromTicks(1));
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
        _sandbox.Clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(131047, (await _sandbox.SendTextAsync()).Code);
    }

    [Fact]
    public async Task The_window_counts_from_the_messages_own_timestamp()
    {
        var yesterday = _sandbox.Clock.GetUtcNow().AddHours(-23).ToUnixTimeSeconds();
        _sandbox.Control.Write(SandboxDriver.Customer, new CustomerWrites { Text = "Late", Timestamp = yesterday });
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
        _sandbox.Clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(131047, (await _sandbox.SendTextAsync()).Code);
    }

    [Theory]
    [InlineData("reaction")]
    [InlineData("unsupported")]
    public async Task What_is_not_writing_opens_no_window(string type)
    {
        _sandbox.Control.Write(SandboxDriver.Customer, new CustomerWrites { Type = type });
        Assert.Equal(131047, (await _sandbox.SendTextAsync()).Code);
    }

    [Fact]
    public async Task The_window_is_of_one_number_alone()
    {
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        Assert.Equal(131047, (await _sandbox.SendTextAsync(numberId: "100000000000002")).Code);
    }

    [Fact]
    public async Task A_closed_window_can_also_be_refused_by_status()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { WindowRefusal = WindowRefusal.Status });
        var wamid = (await _sandbox.SendTextAsync()).Wamid;
        _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        var status = await _sandbox.Callback.NextStatusAsync();
        Assert.Equal((wamid, "failed"), (status.GetProperty("id").GetString(), status.GetProperty("status").GetString()));
        Assert.Equal(131047, status.GetProperty("errors")[0].GetProperty("code").GetInt32());
    }

    [Fact]
    public async Task Where_customers_write_elsewhere_windows_are_not_checked()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { ForeignWebhooks = true });
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
    }

    [Fact]
    public async Task Throughput_is_80_a_second_in_and_out_together()
    {
        for (var i = 0; i < 40; i++)
            _sandbox.Control.Write($"1555000{i:0000}", "Hello");
        for (var i = 0; i < 40; i++)
            Assert.Equal(200, (await _sandbox.SendTextAsync($"1555000{i:0000}")).Status);
        Assert.Equal(130429, (await _sandbox.SendTextAsync("15550000000")).Code);

        _sandbox.Clock.Advance(TimeSpan.FromMilliseconds(25));
        Assert.Equal(200, (await _sandbox.SendTextAsync("15550000000")).Status);
        Assert.Equal(200, (await _sandbox.SendTextAsync("15550000001")).Status);
        Assert.Equal(130429, (await _sandbox.SendTextAsync("15550000002")).Code);
    }

    [Fact]
    public async Task A_number_of_high_throughput_sends_a_thousand_a_second()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Throughput = "HIGH", PairLimit = false });
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        for (var i = 0; i < 200; i++)
            Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
    }

    [Fact]
    public async Task A_burst_to_one_customer_ends_at_45_and_goes_on_every_six_seconds()
    {
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        for (var i = 0; i < 45; i++)
            Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
        Assert.Equal(131056, (await _sandbox.SendTextAsync()).Code);

        _sandbox.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
        Assert.Equal(131056, (await _sandbox.SendTextAsync()).Code);
    }

    [Fact]
    public async Task The_tier_limits_unique_customers_outside_their_window_over_all_numbers_of_a_portfolio()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Tier = "TIER_50", MessagesPerSecond = 1_000 });
        _sandbox.Control.Change("100000000000002", new NumberSettings { PortfolioId = "300000000000001" });
        for (var i = 0; i < 49; i++)
            Assert.Equal(200, (await _sandbox.SendTemplateAsync($"1555000{i:0000}")).Status);

        // A customer counts once; inside the window nobody counts; the other number shares the limit.
        Assert.Equal(200, (await _sandbox.SendTemplateAsync("15550000000")).Status);
        _sandbox.Control.Write("15559999999", "Hello");
        Assert.Equal(200, (await _sandbox.SendTemplateAsync("15559999999")).Status);
        Assert.Equal(200, (await _sandbox.SendTemplateAsync("15550000049", numberId: "100000000000002")).Status);
        Assert.Equal(131048, (await _sandbox.SendTemplateAsync("15550000050")).Code);
        Assert.Equal(200, (await _sandbox.SendTemplateAsync("15550000049")).Status);

        _sandbox.Clock.Advance(TimeSpan.FromHours(24));
        Assert.Equal(200, (await _sandbox.SendTemplateAsync("15550000050")).Status);
    }

    [Fact]
    public async Task A_message_that_fails_gives_its_place_back()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Tier = "TIER_50" });
        await _sandbox.ControlAsync(HttpMethod.Put, "sandbox/customers/15550000000", new { failsWith = 131026 });
        for (var i = 0; i < 50; i++)
            Assert.Equal(200, (await _sandbox.SendTemplateAsync($"1555000{i:0000}")).Status);
        Assert.Equal(131048, (await _sandbox.SendTemplateAsync("15550000050")).Code);

        _sandbox.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(200, (await _sandbox.SendTemplateAsync("15550000050")).Status);
    }

    [Fact]
    public async Task A_number_that_is_not_connected_sends_nothing()
    {
        _sandbox.Control.Change(SandboxDriver.NumberId, new NumberSettings { Status = "BANNED" });
        _sandbox.Control.Write(SandboxDriver.Customer, "Hello");
        Assert.Equal(133010, (await _sandbox.SendTextAsync()).Code);
        var health = (await _sandbox.GetAsync($"v25.0/{SandboxDriver.NumberId}?fields=health_status")).Json.GetProperty("health_status");
        Assert.Equal("BLOCKED", health.GetProperty("can_send_message").GetString());
    }

    [Fact]
    public async Task What_is_kept_is_bounded()
    {
        await using var sandbox = await SandboxDriver.StartAsync(options =>
            (options.MaxMessages, options.MaxRequests, options.MessagesPerSecond, options.CallbackUrl) = (10, 5, 1_000, null));
        for (var i = 0; i < 30; i++)
        {
            sandbox.Control.Write($"1555000{i:0000}", "Hello");
            await sandbox.SendTextAsync($"1555000{i:0000}", opaque: $"{i}");
        }

        var stats = sandbox.Control.Stats();
        Assert.Equal((5, 30), (stats.Customers, stats.Accepted));
        Assert.Equal(["25", "26", "27", "28", "29"], sandbox.Control.Requests().Select(r => JsonElement.Parse(r.Body).GetProperty("biz_opaque_callback_data").GetString()));
        Assert.Null(sandbox.Control.Conversation("15550000000"));
        Assert.Equal(2, sandbox.Control.Conversation("15550000029")!.Items.Count);
    }
}
