using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Bookbag.Inbound.Media;
using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Inbound.Webhooks;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Bookbag.Tests.Inbound.Media;

/// <summary>Files on their way from and to Meta's double, by its real endpoints.</summary>
public sealed class MediaWorkerTests(TestDatabase database) : IAsyncLifetime, IClassFixture<TestDatabase>
{
    private static readonly DateTimeOffset Noon = IntakeParts.Noon;
    private static int _numbers;

    private IntakeParts _parts = null!; // set by InitializeAsync, which xunit awaits before any test
    private SandboxHost _sandbox = null!;
    private TestChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _parts = new IntakeParts(database, settings: new() { ["Media:LargestMegabytes"] = "1" });
        _sandbox = await SandboxHost.StartAsync(new SandboxOptions { AccessToken = "token" }, _parts.Clock);
        _channel = await _parts.ConnectAsync($"7{Interlocked.Increment(ref _numbers):D14}");
        await _parts.Database.ExecuteAsync($"UPDATE platform.channels SET send_url = '{_sandbox.SendUrl(_channel.PhoneNumberId)}' WHERE id = '{_channel.Id}'; DELETE FROM inbound.media");
        await _parts.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
    }

    public async Task DisposeAsync()
    {
        await _sandbox.DisposeAsync();
        await _parts.StopAsync();
    }

    [Fact]
    public async Task A_file_is_fetched_by_its_id_and_kept_whole()
    {
        var bytes = RandomNumberGenerator.GetBytes((3 * MediaStore.PieceSize) + 17);
        await ReceiveAsync(await AtMetaAsync(bytes), bytes);
        Assert.Equal(1, await RunAsync());

        Assert.Equal($"stored,{bytes.Length},,", await MediaAsync("state, size, coalesce(task, ''), coalesce(problem, '')"));
        await using var stream = _parts.Services.GetRequiredService<MediaStore>().Open(_channel.Id, await IdAsync(), bytes.Length);
        using var copy = new MemoryStream();
        await stream.CopyToAsync(copy);
        Assert.Equal(bytes, copy.ToArray());
        stream.Seek(MediaStore.PieceSize - 1, SeekOrigin.Begin);
        var two = new byte[2];
        await stream.ReadExactlyAsync(two);
        Assert.Equal(bytes[(MediaStore.PieceSize - 1)..(MediaStore.PieceSize + 1)], two);
        Assert.Equal(0, await RunAsync());
    }

    [Theory]
    [InlineData("https://files.example.com/x")]
    [InlineData("https://lookaside.fbsbx.com.example.com/x")]
    [InlineData("http://lookaside.fbsbx.com/x")]
    [InlineData("https://user@lookaside.fbsbx.com/x")]
    public async Task An_address_that_is_not_Metas_is_not_gone_to_and_the_file_is_asked_for_by_its_id(string url)
    {
        byte[] bytes = [1, 2, 3];
        await ReceiveAsync(await AtMetaAsync(bytes), bytes, url);
        await RunAsync();

        Assert.Equal("stored", await MediaAsync("state"));
    }

    [Fact]
    public async Task A_link_that_has_expired_is_asked_for_anew()
    {
        byte[] bytes = [1, 2, 3];
        var id = await AtMetaAsync(bytes);
        await ReceiveAsync(id, bytes, $"{_sandbox.Url}media/{id}?ext={Noon.AddMinutes(-1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}");
        await RunAsync();

        Assert.Equal("stored", await MediaAsync("state"));
    }

    [Fact]
    public async Task What_is_damaged_on_the_way_is_fetched_again_and_given_up_in_the_end()
    {
        await ReceiveAsync(await AtMetaAsync([1, 2, 3]), [4, 5, 6]);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(1, await RunAsync());
            _parts.Clock.Advance(TimeSpan.FromMinutes(5));
        }

        Assert.Equal("failed,t", await MediaAsync("state, problem LIKE '%checksum%'"));
        Assert.Equal(0, await RunAsync());
        Assert.Equal(0, await _parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.media_pieces"));
    }

    [Fact]
    public async Task What_Meta_does_not_have_and_what_is_too_large_is_given_up_at_once()
    {
        await ReceiveAsync("gone", [1]);
        await RunAsync();
        Assert.Equal("failed,WhatsApp does not have the file any more.", await MediaAsync("state, problem"));

        await _parts.Database.ExecuteAsync("DELETE FROM inbound.media");
        var large = new byte[(1024 * 1024) + 1];
        await ReceiveAsync(await AtMetaAsync(large), large);
        await RunAsync();
        Assert.Equal("failed,The file has more than 1 MB.", await MediaAsync("state, problem"));
    }

    [Fact]
    public async Task While_Meta_is_away_it_is_tried_again_and_a_dead_workers_task_comes_up_again()
    {
        byte[] bytes = [1, 2, 3];
        var id = await AtMetaAsync(bytes);
        await ReceiveAsync(id, bytes);
        await _parts.Database.ExecuteAsync($"UPDATE platform.channels SET send_url = 'http://localhost:1/v25.0/{_channel.PhoneNumberId}/messages' WHERE id = '{_channel.Id}'");
        await _parts.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
        await RunAsync();
        Assert.Equal("wanted,fetch,1", await MediaAsync("state, task, attempts"));

        // Somebody takes it, and dies.
        _parts.Clock.Advance(TimeSpan.FromSeconds(3));
        Assert.Single(await _parts.Services.GetRequiredService<MediaStore>().ClaimAsync(_parts.Clock.GetUtcNow(), 9, TimeSpan.FromMinutes(5), default));
        Assert.Equal(0, await RunAsync());
        await _parts.Database.ExecuteAsync($"UPDATE platform.channels SET send_url = '{_sandbox.SendUrl(_channel.PhoneNumberId)}' WHERE id = '{_channel.Id}'");
        await _parts.Services.GetRequiredService<ChannelDirectory>().RefreshAsync(default);
        _parts.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(1, await RunAsync());

        Assert.Equal("stored", await MediaAsync("state"));
    }

    [Fact]
    public async Task Files_go_when_they_were_kept_long_enough()
    {
        byte[] bytes = [1, 2, 3];
        await ReceiveAsync(await AtMetaAsync(bytes), bytes);
        await RunAsync();
        _parts.Clock.Advance(TimeSpan.FromDays(91));
        await RunAsync();

        Assert.Equal("expired", await MediaAsync("state"));
        Assert.Equal(0, await _parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.media_pieces"));
    }

    [Fact]
    public async Task A_file_that_goes_out_is_at_Meta_before_its_message_is_due()
    {
        byte[] bytes = [1, 2, 3];
        await ReceiveAsync(await AtMetaAsync(bytes), bytes);
        await RunAsync();
        await _parts.Database.ExecuteAsync("UPDATE inbound.media SET direction = 'out', task = 'upload', due_at = received_at, meta_id = NULL; UPDATE inbound.conversations SET turn_due_at = NULL");
        await RunAsync();

        var id = await MediaAsync("meta_id");
        Assert.NotNull(id);
        Assert.Equal(",", await MediaAsync("coalesce(task, ''), coalesce(problem, '')"));
        Assert.Equal(1, await _parts.Database.ScalarAsync<long>($"SELECT count(*) FROM inbound.conversations WHERE channel_id = '{_channel.Id}' AND turn_due_at IS NOT NULL"));
        var route = (await _parts.Services.GetRequiredService<ChannelDirectory>().FindByIdAsync(_channel.Id, default))!;
        Assert.Equal(SHA256.HashData(bytes), (await _parts.Services.GetRequiredService<GraphClient>().GetMediaAsync(route, id, default)).Value!.Sha256);
    }

    [Fact]
    public async Task Replayed_and_repeated_webhooks_want_a_file_once()
    {
        var message = Message("again", [1]);
        for (var i = 0; i < 3; i++)
            Assert.True(await _parts.ArriveAsync(Meta.Messages(_channel.PhoneNumberId, message), _channel.AppSecret));
        await _parts.ApplyAllAsync();

        Assert.Equal(1, await _parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.media"));
    }

    private Task<int> RunAsync() => _parts.Services.GetRequiredService<MediaWorker>().RunOnceAsync(default);

    private async Task<string> AtMetaAsync(byte[] bytes)
    {
        var route = (await _parts.Services.GetRequiredService<ChannelDirectory>().FindByIdAsync(_channel.Id, default))!;
        using var content = new MemoryStream(bytes);
        var uploaded = await _parts.Services.GetRequiredService<GraphClient>().UploadMediaAsync(route, new(content, bytes.Length, "image/png", "a.png"), default);
        Assert.Null(uploaded.Error);
        return uploaded.Value!.Id;
    }

    private static JsonObject Message(string mediaId, byte[] bytes, string? url = null)
    {
        var image = new JsonObject { ["id"] = mediaId, ["mime_type"] = "image/png", ["sha256"] = Convert.ToBase64String(SHA256.HashData(bytes)) };
        if (url is not null)
            image["url"] = url;
        return Meta.Message("wamid." + mediaId, "16505550001", "image", Noon, image);
    }

    private async Task ReceiveAsync(string mediaId, byte[] bytes, string? url = null)
    {
        Assert.True(await _parts.ArriveAsync(Meta.Messages(_channel.PhoneNumberId, Message(mediaId, bytes, url)), _channel.AppSecret));
        await _parts.ApplyAllAsync();
    }

    private Task<string?> MediaAsync(string columns) => _parts.Database.ScalarAsync<string>($"SELECT concat_ws(',', {columns}) FROM inbound.media WHERE channel_id = '{_channel.Id}'");

    private async Task<Guid> IdAsync() => await _parts.Database.ScalarAsync<Guid>($"SELECT id FROM inbound.media WHERE channel_id = '{_channel.Id}'");
}
