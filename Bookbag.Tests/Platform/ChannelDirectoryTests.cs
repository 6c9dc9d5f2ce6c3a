using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Platform;

public sealed class ChannelDirectoryTests : IClassFixture<TestDatabase>, IDisposable
{
    private readonly TestDatabase _database;
    private readonly FakeTimeProvider _clock = new();
    private readonly SecretProtector _secrets = new(new EphemeralDataProtectionProvider());
    private readonly WakeUps _wakeUps;
    private readonly ChannelDirectory _directory;

    public ChannelDirectoryTests(TestDatabase database)
    {
        _database = database;
        _wakeUps = new WakeUps(database.DataSource, _clock, NullLogger<WakeUps>.Instance);
        _directory = new ChannelDirectory(database.DataSource, _secrets, _wakeUps, _clock, NullLogger<ChannelDirectory>.Instance);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _wakeUps.Dispose();
    }

    [Fact]
    public async Task A_channel_is_found_by_number_account_and_id_with_its_secrets_in_clear()
    {
        var channel = await ConnectAsync("101", businessAccountId: "201");

        var route = await _directory.FindByPhoneNumberIdAsync("101", CancellationToken.None);

        Assert.NotNull(route);
        Assert.Equal((channel.Id, channel.AgentId, channel.WorkspaceId), (route.ChannelId, route.AgentId, route.WorkspaceId));
        Assert.Equal("token-of-a-test", route.AccessToken);
        Assert.Equal("secret-of-a-test"u8.ToArray(), route.AppSecret);
        Assert.Same(route, await _directory.FindByIdAsync(channel.Id, CancellationToken.None));
        Assert.Same(route, Assert.Single(await _directory.FindByBusinessAccountIdAsync("201", CancellationToken.None)));
        Assert.DoesNotContain("token-of-a-test", route.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_number_that_is_unknown_asks_the_database_at_most_once_a_second()
    {
        Assert.Null(await _directory.FindByPhoneNumberIdAsync("102", CancellationToken.None));
        await ConnectAsync("102");

        Assert.Null(await _directory.FindByPhoneNumberIdAsync("102", CancellationToken.None));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.NotNull(await _directory.FindByPhoneNumberIdAsync("102", CancellationToken.None));
    }

    [Fact]
    public async Task A_channel_that_was_connected_a_moment_ago_is_found_by_its_id_before_any_signal()
    {
        Assert.Null(await _directory.FindByPhoneNumberIdAsync("106", CancellationToken.None));
        var channel = await ConnectAsync("106");

        var routes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => _directory.FindByIdAsync(channel.Id, CancellationToken.None).AsTask()));

        Assert.All(routes, route => Assert.Equal("106", route?.PhoneNumberId));
    }

    [Fact]
    public async Task A_change_is_seen_after_the_signal_and_at_the_latest_after_some_seconds()
    {
        var channel = await ConnectAsync("103");
        await _directory.StartAsync(CancellationToken.None);
        await SeenAsync(r => r is not null);

        await _database.DataSource.ExecuteAsync($"UPDATE platform.channels SET access_token_cipher = '{_secrets.Protect("another-token")}' WHERE id = '{channel.Id}'");
        _wakeUps.Signal(ChannelDirectory.Topic);
        await SeenAsync(r => r?.AccessToken == "another-token");

        await _database.DataSource.ExecuteAsync($"DELETE FROM platform.channels WHERE id = '{channel.Id}'");
        await SeenAsync(r => r is null, step: TimeSpan.FromSeconds(5));
        await _directory.StopAsync(CancellationToken.None);

        // Reads what is in memory: a hit never asks the database. The directory may not have begun to wait when the time moves, so it moves on.
        async Task SeenAsync(Func<ChannelRoute?, bool> expected, TimeSpan step = default)
        {
            while (!expected(await _directory.FindByPhoneNumberIdAsync("103", CancellationToken.None)))
            {
                _clock.Advance(step);
                await Task.Yield();
            }
        }
    }

    [Fact]
    public async Task A_channel_whose_secrets_cannot_be_read_is_not_in_the_way_of_the_others()
    {
        var lost = await ConnectAsync("104", secrets: new SecretProtector(new EphemeralDataProtectionProvider()));
        await ConnectAsync("105");

        Assert.NotNull(await _directory.FindByPhoneNumberIdAsync("105", CancellationToken.None));
        Assert.Null(await _directory.FindByIdAsync(lost.Id, CancellationToken.None));
    }

    private async Task<Channel> ConnectAsync(string phoneNumberId, string? businessAccountId = null, SecretProtector? secrets = null) =>
        await _database.AddChannelAsync(await _database.AddAgentAsync(await _database.AddWorkspaceAsync()), secrets ?? _secrets, phoneNumberId, businessAccountId);
}
