using System.Text.Json.Nodes;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>Payloads that this project did not write: alone, twice, in any order, all in one POST. The same comes of them every time.</summary>
public sealed class ConformanceTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private const string AppSecret = "the-secret-of-the-fixtures";

    // What a message became. Its times are the arrival's where the payload has none, and paths depend on the POST.
    private const string Effect = """
        SELECT concat_ws(E'\n',
            (SELECT count(*) FROM inbound.messages),
            (SELECT string_agg(concat_ws('|', c.phone_number_id, m.wamid, m.direction, m.author, m.type, m.text, m.status, m.context_wamid, m.content::text), E'\n' ORDER BY c.phone_number_id, m.wamid)
             FROM inbound.messages m JOIN platform.channels c ON c.id = m.channel_id),
            (SELECT string_agg(concat_ws('|', code, reason), E'\n' ORDER BY code, reason) FROM (SELECT DISTINCT code, reason FROM inbound.webhook_rejections) r))
        """;

    // Some payloads give one id to different messages: the first counts, so in another order only the ids are the same.
    private const string Ids = """
        SELECT string_agg(concat_ws('|', c.phone_number_id, m.wamid), E'\n' ORDER BY c.phone_number_id, m.wamid)
        FROM inbound.messages m JOIN platform.channels c ON c.id = m.channel_id
        """;

    private static List<byte[]> Bodies => [.. ((IEnumerable<object[]>)Fixtures.Names("webhooks")).Select(row => Fixtures.Read("webhooks", (string)row[0]))];

    [FixtureFact]
    public async Task Every_payload_has_the_same_effect_alone_twice_shuffled_and_in_one_POST()
    {
        var bodies = Bodies;
        var (alone, ids) = await ApplyAsync(database, bodies, together: false);
        Assert.Equal(alone, (await AgainAsync([.. bodies, .. bodies], together: false)).Effect);
        Assert.Equal(alone, (await AgainAsync([Merged(bodies)], together: true)).Effect);

        var shuffled = bodies.ToArray();
        new Random(7).Shuffle(shuffled);
        Assert.Equal(ids, (await AgainAsync([.. shuffled], together: true)).Ids);
    }

    private static async Task<(string? Effect, string? Ids)> AgainAsync(List<byte[]> bodies, bool together)
    {
        var database = new TestDatabase();
        await database.InitializeAsync();
        try
        {
            return await ApplyAsync(database, bodies, together);
        }
        finally
        {
            await database.DisposeAsync();
        }
    }

    private static async Task<(string? Effect, string? Ids)> ApplyAsync(TestDatabase database, List<byte[]> bodies, bool together)
    {
        var parts = new IntakeParts(database);
        var scans = bodies.ConvertAll(body => WebhookScan.Of(body));
        foreach (var number in scans.SelectMany(s => s.PhoneNumberIds).Distinct().Order(StringComparer.Ordinal))
            await parts.ConnectAsync(number, AppSecret);
        foreach (var account in scans.Where(s => s.PhoneNumberIds.Count == 0).SelectMany(s => s.BusinessAccountIds).Distinct())
            await parts.ConnectAsync($"of-{account}", AppSecret, account);

        foreach (var body in bodies)
        {
            Assert.True(await parts.ArriveAsync(body, AppSecret));
            if (!together)
                await parts.ApplyAllAsync();
        }

        await parts.ApplyAllAsync();
        Assert.Equal(0, await parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_stretches"));
        Assert.Equal(0, await parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_rejections WHERE code = 'not_applicable'"));
        // Statuses of messages that were not sent from here, and what names nobody or nothing: no other item may be refused.
        Assert.Equal("", await parts.Database.ScalarAsync<string>(
            "SELECT coalesce(string_agg(DISTINCT code || ' ' || reason, '; '), '') FROM inbound.webhook_rejections WHERE code NOT IN ('unknown_message', 'group_message')"));
        var outcome = (await parts.Database.ScalarAsync<string>(Effect), await parts.Database.ScalarAsync<string>(Ids));
        await parts.StopAsync();
        return outcome;
    }

    private static byte[] Merged(IEnumerable<byte[]> bodies)
    {
        var entries = bodies.SelectMany(body => JsonNode.Parse(body)!["entry"]!.AsArray()).Select(entry => entry!.DeepClone());
        return System.Text.Encoding.UTF8.GetBytes(new JsonObject { ["object"] = "whatsapp_business_account", ["entry"] = new JsonArray([.. entries]) }.ToJsonString());
    }
}
