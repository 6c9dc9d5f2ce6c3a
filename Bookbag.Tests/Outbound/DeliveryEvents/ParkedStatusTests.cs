namespace Bookbag.Tests.Outbound.DeliveryEvents;

/// <summary>Statuses of messages that nobody here knows can be looked at.</summary>
public sealed class ParkedStatusTests(OutboundService service) : IClassFixture<OutboundService>
{
    [Fact]
    public async Task They_are_listed_page_by_page_to_their_own_agent_alone()
    {
        var (agent, channel) = await service.ConnectedAgentAsync();
        await using (var command = service.Database.DataSource.CreateCommand("""
            INSERT INTO outbound.parked_statuses (channel_id, wamid, at, payload, received_at, retry_at)
            SELECT @channel, 'wamid.' || i, @now, jsonb_build_object('status', 'delivered', 'recipient_id', '1555' || i, 'biz_opaque_callback_data', 'theirs'), @now + i / 2 * interval '1 second', @now
            FROM generate_series(1, 5) i
            """))
        {
            command.Parameters.AddWithValue("channel", channel.Id);
            command.Parameters.AddWithValue("now", service.Clock.GetUtcNow());
            await command.ExecuteNonQueryAsync();
        }

        var api = await service.ApiAsync();
        var seen = new List<string?>();
        string? next = null;
        do
        {
            var page = Api.Ok(await api.GetAsync($"/api/agents/{agent.Id}/outbound/parked-statuses?limit=2{(next is null ? "" : $"&cursor={next}")}"));
            seen.AddRange(page.GetProperty("items").EnumerateArray().Select(s => s.GetProperty("wamid").GetString()));
            var first = page.GetProperty("items")[0];
            Assert.Equal(("delivered", "theirs"), (first.GetProperty("status").GetString(), first.GetProperty("callbackData").GetString()));
            Assert.StartsWith("1555", first.GetProperty("phone").GetString(), StringComparison.Ordinal);
            next = page.GetProperty("next").GetString();
        }
        while (next is not null);

        Assert.Equal(["wamid.5", "wamid.4", "wamid.3", "wamid.2", "wamid.1"], seen);
        var (other, _) = await service.ConnectedAgentAsync();
        Assert.Equal(0, Api.Ok(await api.GetAsync($"/api/agents/{other.Id}/outbound/parked-statuses")).GetProperty("items").GetArrayLength());
        Assert.Equal(404, (await (await service.ApiAsync(agent: other)).GetAsync($"/api/agents/{agent.Id}/outbound/parked-statuses")).Status);
    }
}
