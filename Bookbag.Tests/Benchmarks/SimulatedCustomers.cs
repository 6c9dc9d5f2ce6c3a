extern alias outbound;
using System.Collections.Concurrent;
using System.Globalization;
using Aspire.Hosting.Testing;
using Bookbag.Tests.Support;
using outbound::Bookbag.Outbound.Sandbox;

namespace Bookbag.Tests.Benchmarks;

/// <summary>Customers of a sandbox of their own who write to an agent of the product, and when they got their answers.</summary>
internal sealed class SimulatedCustomers : IAsyncDisposable
{
    private const string PhoneNumberId = "100000000000666";
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly SandboxHost _meta;
    private readonly ConcurrentDictionary<string, long> _asked = new();
    private readonly ConcurrentDictionary<string, int> _answers = new();
    private readonly ConcurrentBag<double> _latencies = [];

    private SimulatedCustomers(SandboxHost meta, Guid agentId)
    {
        (_meta, AgentId) = (meta, agentId);
        meta.Control.Accepted += message =>
        {
            var customer = message.Conversation.Phone;
            _answers.AddOrUpdate(customer, 1, (_, before) => before + 1);
            if (_asked.TryRemove(customer, out var at))
                _latencies.Add(Clock.GetElapsedTime(at).TotalMilliseconds);
        };
    }

    public Guid AgentId { get; }

    /// <summary>From the last message of each customer to the answer, in milliseconds, sorted.</summary>
    public double[] Latencies => [.. _latencies.Order()];

    /// <summary>How many answers each customer got.</summary>
    public IReadOnlyDictionary<string, int> Answers => _answers;

    public static async Task<SimulatedCustomers> StartAsync(Product product)
    {
        var meta = await SandboxHost.StartAsync(new SandboxOptions
        {
            CallbackUrl = new Uri(product.App.GetEndpoint("edge", "http"), ConnectedAgent.WebhookPath),
            MessagesPerSecond = 10_000,
        });
        var agent = await product.ConnectAgentAsync(PhoneNumberId, meta.SendUrl(PhoneNumberId).ToString());
        return new(meta, agent.AgentId);
    }

    /// <summary>The phone number of a customer.</summary>
    public static string Phone(int customer) => (49_160_000_0000 + customer).ToString(CultureInfo.InvariantCulture);

    /// <summary>New customers write, each these texts one right after the other, so many messages a second altogether; returns when all are answered, or after half a minute without.</summary>
    public async Task WriteAsync(int from, int customers, double perSecond, params string[] texts)
    {
        _latencies.Clear();
        _answers.Clear();
        var started = Clock.GetTimestamp();
        for (var i = 0; i < customers; i++)
        {
            var wait = TimeSpan.FromSeconds(i * texts.Length / perSecond) - Clock.GetElapsedTime(started);
            if (wait > TimeSpan.Zero)
                await Task.Delay(wait, Clock);
            foreach (var text in texts)
            {
                _asked[Phone(from + i)] = Clock.GetTimestamp();
                _meta.Control.Write(Phone(from + i), new CustomerWrites { PhoneNumberId = PhoneNumberId, Text = text });
            }
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!_asked.IsEmpty && !patience.IsCancellationRequested)
            await Task.Delay(TimeSpan.FromMilliseconds(50), Clock, CancellationToken.None);
    }

    public ValueTask DisposeAsync() => _meta.DisposeAsync();
}
