namespace Bookbag.Tests.Outbound.Sandbox;

/// <summary>One sandbox for all tests of a class that do not change it for one another: no pair limit, throughput without end, an open window.</summary>
public sealed class SharedSandbox : IAsyncLifetime
{
    internal SandboxDriver Driver { get; private set; } = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync()
    {
        Driver = await SandboxDriver.StartAsync(options =>
        {
            options.PairLimit = false;
            options.MessagesPerSecond = 1_000_000;
            options.CallbackUrl = null;
        });
        Driver.Control.Write(SandboxDriver.Customer, "Hello");
    }

    public async Task DisposeAsync() => await Driver.DisposeAsync();
}
