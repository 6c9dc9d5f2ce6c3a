extern alias outbound;
using System.Collections.Concurrent;
using System.Globalization;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Chaos;

/// <summary>Customers who all write at once to the whole product, a Meta that repeats what was not answered 200, and a count of what reached every customer.</summary>
public sealed class WebhookFlood : IAsyncDisposable
{
    private const string PhoneNumberId = "100000000000555";

    private readonly SandboxHost _sandbox;
    private readonly ConcurrentDictionary<string, int> _answers = [];

    private WebhookFlood(Product product, SandboxHost sandbox)
    {
        Product = product;
        _sandbox = sandbox;
        _sandbox.Control.Accepted += message => _answers.AddOrUpdate(message.Conversation.Phone, 1, (_, count) => count + 1);
    }

    public Product Product { get; }

    /// <summary>How many messages Graph took for each customer.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    public static async Task<WebhookFlood> StartAsync()
    {
        var product = await Product.StartAsync(builder =>
        {
            // A dead worker's conversations are taken over soon; a reply of unknown outcome waits as long as the sandbox takes to repeat a webhook.
            builder.Set("inbound", "Turns__Lease", "00:00:05");
            builder.Set("inbound", "Turns__SettleAfter", "00:01:15");
        });
        var sandbox = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            ForeignWebhooks = true,
            MessagesPerSecond = 100_000,
            PairLimit = false,
            Reads = false,
        });
        await product.ConnectAgentAsync(PhoneNumberId, sandbox.SendUrl(PhoneNumberId).ToString());
        return new WebhookFlood(product, sandbox);
    }

    /// <summary>Posts a message of every customer, many at a time; a POST that is not answered 200 is repeated until it is, as Meta does.</summary>
    /// <param name="customers">How many customers write.</param>
    /// <param name="delivered">Told after every 200 how many there were.</param>
    public async Task WriteAsync(int customers, Action<int> delivered)
    {
        var acknowledged = 0;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var meta = new HttpClient { BaseAddress = Product.Edge.BaseAddress, Timeout = TimeSpan.FromSeconds(20) };
        await Parallel.ForEachAsync(Enumerable.Range(0, customers), new ParallelOptions { MaxDegreeOfParallelism = 32, CancellationToken = patience.Token }, async (customer, stop) =>
        {
            var from = (49_170_000_0000 + customer).ToString(CultureInfo.InvariantCulture);
            var body = Payloads.Text(PhoneNumberId, from, $"wamid.flood.{customer}", ConnectedAgent.Question, TimeProvider.System.GetUtcNow());
            while (!await IsAcknowledgedAsync(meta, body, stop))
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, stop);
            delivered(Interlocked.Increment(ref acknowledged));
        });
    }

    /// <summary>Waits until there is nothing left to do: no delivery to apply, no message to answer, no reply under way.</summary>
    public async Task SettledAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        while (await Product.Database.ScalarAsync<bool>("""
            SELECT EXISTS (SELECT FROM inbound.webhook_stretches)
                OR EXISTS (SELECT FROM inbound.messages WHERE awaiting)
                OR EXISTS (SELECT FROM inbound.messages WHERE status = 'sending')
            """))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, patience.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Product.DisposeAsync();
        await _sandbox.DisposeAsync();
    }

    private static async Task<bool> IsAcknowledgedAsync(HttpClient meta, byte[] body, CancellationToken stop)
    {
        try
        {
            using var post = Payloads.Post(body);
            using var answer = await meta.SendAsync(post, stop);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // The connection was cut: no 200, so Meta sends it again.
        }
    }
}
