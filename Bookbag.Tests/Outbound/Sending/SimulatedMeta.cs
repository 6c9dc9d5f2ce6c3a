extern alias outbound;

using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Bookbag.Outbound.Sandbox;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Outbound.Sending;

/// <summary>
/// The sandbox and a world of campaigns on one clock that the test moves: days pass in seconds. Graph calls and webhooks go over HTTP as ever; what Inbound would make of the
/// webhooks is made here.
/// </summary>
internal sealed class SimulatedMeta : IAsyncDisposable
{
    private readonly WebApplication _callback;
    private readonly SocketsHttpHandler _http = new();
    private readonly ConcurrentQueue<(string Customer, DateTimeOffset At)> _opened = [];

    private SimulatedMeta(WebApplication callback) => _callback = callback;

    public CampaignWorld World { get; private set; } = null!; // these are set by StartAsync

    public SandboxHost Sandbox { get; private set; } = null!;

    public static async Task<SimulatedMeta> StartAsync(TestDatabase database, string tier, NumberSettings? settings = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var meta = new SimulatedMeta(builder.Build());
        meta._callback.MapPost("/callback", meta.ReceiveAsync);
        await meta._callback.StartAsync();

        var clock = new FakeTimeProvider(CampaignWorld.Start);
        meta.Sandbox = await SandboxHost.StartAsync(
            new SandboxOptions { CallbackUrl = new Uri(new Uri(meta._callback.Urls.First()), "/callback"), MessagesPerSecond = 100_000 }, clock);
        meta.World = await CampaignWorld.CreateAsync(database, tier, meta: meta._http, sendUrl: number => meta.Sandbox.SendUrl(number), clock: clock);
        meta.Sandbox.Control.Change(meta.World.PhoneNumberId, (settings ?? new NumberSettings()) with { PortfolioId = meta.World.Portfolio, Tier = tier });
        meta.Sandbox.Control.SetFaults(new FaultSettings { BatchUpTo = 1_000 });
        meta.Sandbox.Control.Learn(new SandboxTemplate { Name = "spring_sale", Language = "en_US", Category = "marketing", BodyParameters = new SandboxTemplate.Parameters { Positional = 1 } });
        meta.Sandbox.Control.Accepted += message =>
        {
            if (message.OpenedAt is { } at)
                meta._opened.Enqueue((message.Conversation.Phone, at));
        };
        return meta;
    }

    /// <summary>Lets time pass until something is so: everybody works, and the clock goes on to when there is something to do again. When that was.</summary>
    public async Task<DateTimeOffset> PassUntilAsync(Func<Task<bool>> so, TimeSpan atMost)
    {
        var end = World.Clock.GetUtcNow() + atMost;
        while (!await so())
        {
            Assert.True(World.Clock.GetUtcNow() < end, $"It was not so after {atMost}.");
            await World.SendAllAsync();
            World.Clock.Advance(TimeSpan.FromSeconds(2));
            await ToldAsync();
            await World.LookAsync();
            World.Clock.Advance(await UntilSomethingIsToDoAsync());
        }

        return World.Clock.GetUtcNow();
    }

    /// <summary>The most customers that were opened in any 24 hours.</summary>
    public int MostOpenedIn24Hours()
    {
        var (window, counts, most) = (new Queue<(string Customer, DateTimeOffset At)>(), new Dictionary<string, int>(), 0);
        foreach (var opening in _opened.OrderBy(o => o.At))
        {
            while (window.TryPeek(out var oldest) && oldest.At <= opening.At - TimeSpan.FromHours(24))
            {
                window.Dequeue();
                if (--counts[oldest.Customer] == 0)
                    counts.Remove(oldest.Customer);
            }

            window.Enqueue(opening);
            counts[opening.Customer] = counts.GetValueOrDefault(opening.Customer) + 1;
            most = Math.Max(most, counts.Count);
        }

        return most;
    }

    public async ValueTask DisposeAsync()
    {
        await World.DisposeAsync();
        await Sandbox.DisposeAsync();
        await _callback.DisposeAsync();
        _http.Dispose();
    }

    /// <summary>How long nobody has anything to do: until the first wait ends; where all wait for places and Meta plans nothing, until a minute before the first place is free.</summary>
    private async Task<TimeSpan> UntilSomethingIsToDoAsync()
    {
        var now = World.Clock.GetUtcNow();
        var next = await World.ScalarAsync<DateTime>($"""
            SELECT CASE WHEN {Sandbox.Control.Stats().Planned} = 0 AND bool_and(reason = 'messaging_limit')
                        THEN greatest(min(wait_until), (SELECT min(opened_at) + interval '24:01:00' FROM outbound.openings WHERE opened_at > '{now:O}'::timestamptz - interval '24:02:00'))
                        ELSE min(wait_until) END
            FROM outbound.campaigns WHERE state IN ('waiting', 'sending') HAVING bool_and(state = 'waiting')
            """);
        return next > now.UtcDateTime ? next - now.UtcDateTime : TimeSpan.Zero;
    }

    /// <summary>Waits, in real time, until the webhooks that are due have been told.</summary>
    private async Task ToldAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (Sandbox.Control.Stats().Webhooks.Waiting > 0)
        {
            Assert.True(TimeProvider.System.GetElapsedTime(started) < TimeSpan.FromSeconds(60), "Webhooks were not told.");
            World.Clock.Advance(TimeSpan.FromMilliseconds(50));
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    private async Task ReceiveAsync(HttpRequest request)
    {
        using var body = await JsonDocument.ParseAsync(request.Body);
        foreach (var change in body.RootElement.GetProperty("entry").EnumerateArray().SelectMany(entry => entry.GetProperty("changes").EnumerateArray()))
        {
            var value = change.GetProperty("value");
            if (change.GetProperty("field").GetString() is { } field and not "messages")
                await World.EventAsync("account", value.GetRawText(), field: field);
            else if (value.TryGetProperty("statuses", out var statuses))
                await World.StatusesAsync([.. statuses.EnumerateArray()]);
        }
    }
}
