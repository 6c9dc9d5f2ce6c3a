extern alias edge;

using System.Net;
using edge::Bookbag.Edge.Gateway;

namespace Bookbag.Tests.Edge;

public sealed class RateLimitTests(EdgeFixture fixture) : IClassFixture<EdgeFixture>
{
    [Fact]
    public async Task One_key_that_asks_too_much_is_slowed_down_and_others_are_not()
    {
        await using var edge = fixture.Host(new() { ["RateLimits:ApiPerSecond"] = "1", ["RateLimits:ApiBurst"] = "2" });
        using var eager = await edge.WithKeyAsync();
        using var other = await edge.WithKeyAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => eager.GetAsync("/api/agents")));

        var refused = answers.First(a => a.StatusCode == HttpStatusCode.TooManyRequests);
        Assert.Equal("too_many_requests", await RoutingTests.CodeAsync(refused));
        Assert.True(int.Parse(refused.Headers.GetValues("Retry-After").Single(), System.Globalization.CultureInfo.InvariantCulture) >= 1);
        using var others = await other.GetAsync("/api/agents");
        Assert.Equal(HttpStatusCode.OK, others.StatusCode);
    }

    [Theory]
    [InlineData("203.0.113.9", "203.0.113.9")]
    [InlineData("::ffff:203.0.113.9", "203.0.113.9")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::")]
    [InlineData("2001:db8:1:2:ffff::1", "2001:db8:1:2::")]
    public void An_IPv6_network_counts_as_one_client(string address, string client) =>
        Assert.Equal(IPAddress.Parse(client), ClientAddress.Normalize(IPAddress.Parse(address)));
}
