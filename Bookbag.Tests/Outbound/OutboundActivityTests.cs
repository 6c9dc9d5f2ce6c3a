using Bookbag.ServiceDefaults.Security;
using Bookbag.Tests.Platform;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Outbound;

/// <summary>Outbound writes into the same activity log.</summary>
public sealed class OutboundActivityTests(OutboundService service) : IClassFixture<OutboundService>
{
    [Fact]
    public async Task Every_endpoint_that_changes_something_says_what_of_it_is_written_down()
    {
        await service.ApiAsync(); // starts the host
        Assert.Empty(ActivityTests.Undeclared(service.Services));
    }

    [Fact]
    public async Task A_contact_is_told_of_by_its_id_and_never_by_its_number()
    {
        var agent = await service.AgentAsync();
        var api = await service.ApiAsync();
        var contacts = $"/api/agents/{agent.Id}/outbound/contacts";
        var contact = Api.Ok(await api.PostAsync(contacts, new { phone = "+4915112345678", name = "Maria Lopez" })).GetProperty("id").GetGuid();
        Api.Ok(await api.PostAsync($"{contacts}/{contact}/opt-out", new { }));
        Assert.Equal(404, (await api.PostAsync($"{contacts}/{Guid.Empty}/opt-out", new { })).Status);
        Assert.Equal(403, (await (await service.ApiAsync(Role.Viewer)).DeleteAsync($"{contacts}/{contact}")).Status);

        Assert.Equal(1, await service.Database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM platform.activity WHERE agent_id = '{agent.Id}'"));
        Assert.Equal(
            $"contact.opted_out {contact}",
            await service.Database.DataSource.ScalarAsync<string>($"SELECT action || ' ' || subject_id || coalesce(subject, '') FROM platform.activity WHERE agent_id = '{agent.Id}'"));
    }
}
