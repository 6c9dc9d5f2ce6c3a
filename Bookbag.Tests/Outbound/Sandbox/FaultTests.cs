using System.Diagnostics;
using Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Outbound.Sandbox;

public sealed class FaultTests : IAsyncLifetime
{
    private SandboxDriver _sandbox = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync()
    {
        // The clock runs far ahead here; no window may close meanwhile.
        _sandbox = await SandboxDriver.StartAsync(options =>
            (options.ForeignWebhooks, options.PairLimit, options.MessagesPerSecond, options.CallbackUrl) = (true, false, 1_000_000, null));
    }

    public async Task DisposeAsync() => await _sandbox.DisposeAsync();

    [Theory]
    [InlineData("throttled", 429, "application/json")]
    [InlineData("server_error", 500, "application/json")]
    [InlineData("bad_gateway", 502, "text/html")]
    public async Task A_call_can_be_answered_with_an_error(string fault, int status, string contentType)
    {
        await SetAsync(new { next = new[] { fault } });
        var answer = await _sandbox.SendTextAsync();
        Assert.Equal((status, contentType), (answer.Status, answer.ContentType));
        Assert.Equal(0, _sandbox.Control.Stats().Accepted);
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
    }

    [Theory]
    [InlineData("lost_request", 0)]
    [InlineData("lost_answer", 1)]
    public async Task A_connection_can_be_cut_before_or_after_acceptance(string fault, int accepted)
    {
        await SetAsync(new { next = new[] { fault } });
        await Assert.ThrowsAsync<HttpRequestException>(() => _sandbox.SendTextAsync());
        Assert.Equal(accepted, _sandbox.Control.Stats().Accepted);
    }

    [Fact]
    public async Task An_answer_can_come_too_late()
    {
        await SetAsync(new { next = new[] { "late_answer" }, lateBy = "00:01:00" });
        var accepted = new TaskCompletionSource();
        _sandbox.Control.Accepted += _ => accepted.TrySetResult();
        var sending = _sandbox.SendTextAsync();
        await accepted.Task.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.False(sending.IsCompleted);
        await AdvanceUntilAsync(sending, TimeSpan.FromMinutes(1));
        Assert.Equal(200, (await sending).Status);
    }

    [Fact]
    public async Task Calls_can_take_their_time()
    {
        await SetAsync(new { latency = new { p50 = "00:00:30" } });
        var sending = _sandbox.SendTextAsync();
        await AdvanceUntilAsync(sending, TimeSpan.FromSeconds(30));
        Assert.Equal(200, (await sending).Status);
        await SetAsync(new { });
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(0.5, 100)]
    [InlineData(0.95, 400)]
    [InlineData(0.99, 1_000)]
    [InlineData(0.999, 1_000)]
    public void Latency_follows_its_percentiles(double share, double milliseconds)
    {
        var latency = new Latency { P50 = TimeSpan.FromMilliseconds(100), P95 = TimeSpan.FromMilliseconds(400), P99 = TimeSpan.FromSeconds(1) };
        Assert.Equal(milliseconds, latency.At(share).TotalMilliseconds, 3);
    }

    [Fact]
    public async Task The_token_can_expire()
    {
        await SetAsync(new { expiredToken = true });
        Assert.Equal((401, 190), await _sandbox.SendTextAsync() is var sent ? (sent.Status, sent.Code) : default);
        Assert.Equal(190, (await _sandbox.GetAsync("v25.0/100000000000001")).Code);
        await _sandbox.ControlAsync(HttpMethod.Delete, "sandbox/faults");
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
    }

    [Fact]
    public async Task A_share_of_faults_is_the_same_in_every_run()
    {
        var first = await RunAsync();
        Assert.Equal(first, await RunAsync());
        Assert.InRange(first.Count(s => s != 200), 20, 60);

        async Task<List<int>> RunAsync()
        {
            await SetAsync(new { seed = 7, serverErrors = 0.2, throttled = 0.2 });
            var statuses = new List<int>();
            for (var i = 0; i < 100; i++)
                statuses.Add((await _sandbox.SendTextAsync()).Status);
            return statuses;
        }
    }

    [Fact]
    public async Task Faults_of_one_number_leave_others_alone()
    {
        await _sandbox.ControlAsync(HttpMethod.Put, "sandbox/faults?phoneNumberId=100000000000002", new { serverErrors = 1 });
        Assert.Equal(200, (await _sandbox.SendTextAsync()).Status);
        Assert.Equal(500, (await _sandbox.SendTextAsync(numberId: "100000000000002")).Status);
    }

    [Theory]
    [InlineData("""{"serverErrors":1.5}""")]
    [InlineData("""{"batchUpTo":0}""")]
    [InlineData("""{"next":["earthquake"]}""")]
    public async Task Faults_that_cannot_be_are_refused(string body)
    {
        using var response = await _sandbox.Http.PutAsync("sandbox/faults", new StringContent(body, null, "application/json"));
        Assert.Equal(400, (int)response.StatusCode);
    }

    private async Task SetAsync(object faults) => Assert.Equal(200, (await _sandbox.ControlAsync(HttpMethod.Put, "sandbox/faults", faults)).Status);

    // The request waits on the sandbox's clock; it may not have begun to when the clock is moved first.
    private async Task AdvanceUntilAsync(Task task, TimeSpan step)
    {
        var patience = Stopwatch.StartNew();
        while (!task.IsCompleted && patience.Elapsed < TimeSpan.FromSeconds(20))
        {
            _sandbox.Clock.Advance(step);
            await Task.Yield();
        }
    }
}
