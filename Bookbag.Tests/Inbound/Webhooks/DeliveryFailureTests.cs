using Bookbag.Tests.Support;
using Npgsql;

namespace Bookbag.Tests.Inbound.Webhooks;

/// <summary>Poison, outages and crashes between claim and commit.</summary>
public sealed class DeliveryFailureTests(TestDatabase database) : ProcessorTestBase(database), IClassFixture<TestDatabase>
{
    private byte[] Text(string wamid, string text, string from = "16505550001") =>
        Meta.Messages(Channel.PhoneNumberId, Meta.Text(wamid, from, text, Noon));

    /// <summary>Makes Postgres refuse messages that say <paramref name="text"/>.</summary>
    private Task<int> BreakAsync(string text, string state) => Parts.Database.ExecuteAsync($"""
        CREATE OR REPLACE FUNCTION inbound.test_break() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN IF NEW.text = '{text}' THEN RAISE EXCEPTION 'broken on purpose' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$;
        CREATE OR REPLACE TRIGGER test_break BEFORE INSERT ON inbound.messages FOR EACH ROW EXECUTE FUNCTION inbound.test_break();
        """);

    private Task<int> MendAsync() => Parts.Database.ExecuteAsync("DROP TRIGGER test_break ON inbound.messages");

    private async Task TryUntilGivenUpAsync()
    {
        for (var attempt = 0; attempt < 4; attempt++)
        {
            Parts.Clock.Advance(TimeSpan.FromMinutes(1));
            await Parts.ApplyAllAsync();
        }
    }

    [Fact]
    public async Task A_poison_item_is_rejected_alone_with_its_reason_and_the_rest_is_applied()
    {
        await BreakAsync("poison", "22000");
        await ArriveAsync([.. Enumerable.Range(0, 30).Select(i => Text($"ok{i}", "fine"))]);
        await ArriveAsync(Meta.Messages(Channel.PhoneNumberId,
            Meta.Text("before", "16505550002", "fine", Noon), Meta.Text("poison", "16505550002", "poison", Noon), Meta.Text("after", "16505550002", "fine", Noon)));
        await ArriveAsync([.. Enumerable.Range(30, 30).Select(i => Text($"ok{i}", "fine"))]);

        await Parts.ApplyAllAsync();
        Assert.Equal(60, await CountAsync("messages"));
        Assert.Equal(1, await QueuedAsync());
        await TryUntilGivenUpAsync();

        Assert.Equal(62, await CountAsync("messages"));
        Assert.Equal(0, await QueuedAsync());
        Assert.Equal("not_applicable entry[0].changes[0].value.messages[1]", await RejectedAsync());
        Assert.Contains("broken on purpose", await Parts.Database.ScalarAsync<string>($"SELECT reason FROM inbound.webhook_rejections WHERE channel_id = '{Channel.Id}'"));
        await MendAsync();
    }

    [Fact]
    public async Task A_poison_item_in_the_middle_of_a_commit_of_many_is_found_and_the_rest_of_it_is_applied()
    {
        await BreakAsync("poison", "22000");
        await ArriveTogetherAsync([.. Enumerable.Range(0, 101).Select(i => Text($"many{i}", i == 37 ? "poison" : "fine"))]);
        await ArriveAsync(Text("later", "fine"));
        Assert.Equal(102, await QueuedAsync());

        await Parts.ApplyAllAsync();
        Assert.Equal(101, await CountAsync("messages"));
        Assert.Equal(1, await QueuedAsync());
        await TryUntilGivenUpAsync();

        Assert.Equal(0, await QueuedAsync());
        Assert.Equal("not_applicable entry[0].changes[0].value.messages[0]", await RejectedAsync());
        await MendAsync();
    }

    [Fact]
    public async Task A_commit_of_many_is_taken_whole_and_no_more_of_others_than_make_a_batch()
    {
        for (var commit = 0; commit < 4; commit++)
            await ArriveTogetherAsync([.. Enumerable.Range(0, 300).Select(i => Text($"c{commit}.{i}", "fine", $"1650556{i:D4}"))]);

        Assert.Equal(600, await Parts.Processor.RunOnceAsync(CancellationToken.None));
        Assert.Equal(600, await QueuedAsync());
        await Parts.ApplyAllAsync();
        Assert.Equal(1_200, await CountAsync("messages"));
    }

    [Fact]
    public async Task What_the_log_has_no_more_of_leaves_the_queue_and_keeps_nothing_else_in_it()
    {
        await BreakAsync("gone-poison", "22000");
        await ArriveTogetherAsync([.. Enumerable.Range(0, 4).Select(i => Text($"gone{i}", "fine"))]);
        await Parts.Database.ExecuteAsync($"DELETE FROM inbound.webhook_log WHERE '{Channel.Id}' = ANY (channel_ids)");
        await ArriveTogetherAsync([Text("first", "fine"), Text("poison", "gone-poison"), Text("last", "fine")]);

        for (var attempt = 0; attempt < 8; attempt++)
        {
            await Parts.ApplyAllAsync();
            Parts.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(2, await CountAsync("messages"));
        Assert.Equal("not_applicable entry[0].changes[0].value.messages[0]", await RejectedAsync());
        Assert.Equal(0, await Parts.Database.ScalarAsync<long>("SELECT count(*) FROM inbound.webhook_stretches"));
        await MendAsync();
    }

    [Fact]
    public async Task Every_webhook_of_a_commit_is_queued_until_it_is_applied_and_nothing_beside_them()
    {
        await ArriveTogetherAsync([.. Enumerable.Range(0, 3).Select(i => Text($"q{i}", "fine"))]);
        const string Queued = "SELECT string_agg(inbound.is_queued(first + i)::text, ' ' ORDER BY i) FROM (SELECT min(id) AS first FROM inbound.webhook_deliveries WHERE '{0}' = ANY (channel_ids)) f, generate_series(-1, 3) i";
        Assert.Equal("false true true true false", await Parts.Database.ScalarAsync<string>(Queued.Replace("{0}", $"{Channel.Id}", StringComparison.Ordinal)));

        await Parts.ApplyAllAsync();
        Assert.Equal("false false false false false", await Parts.Database.ScalarAsync<string>(Queued.Replace("{0}", $"{Channel.Id}", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_outage_counts_for_no_delivery_and_is_waited_out()
    {
        await BreakAsync("unlucky", "57P01");
        await ArriveAsync(Text("u1", "unlucky"), Text("u2", "fine"));
        // A try finds nothing while the server has not let go yet of what the connection that broke before held.
        var outages = 0;
        for (var tries = 0; outages < 6 && tries < 1_000; tries++)
            outages += await Record.ExceptionAsync(() => Parts.Processor.RunOnceAsync(CancellationToken.None)) is PostgresException ? 1 : 0;
        Assert.Equal(6, outages);
        Assert.Equal(0, await CountAsync("messages"));
        Assert.Equal(0, await Parts.Database.ScalarAsync<long>("SELECT coalesce(max(attempts), 0)::bigint FROM inbound.webhook_stretches"));

        await MendAsync();
        await Parts.ApplyAllAsync();
        Assert.Equal(2, await CountAsync("messages"));
        Assert.Null(await RejectedAsync());
    }

    [Fact]
    public async Task A_conflict_with_another_processor_is_tried_again_at_once()
    {
        await Parts.Database.ExecuteAsync("""
            CREATE SEQUENCE inbound.test_tries;
            CREATE FUNCTION inbound.test_conflict() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN IF nextval('inbound.test_tries') < 3 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01'; END IF; RETURN NEW; END $$;
            CREATE TRIGGER test_conflict BEFORE INSERT ON inbound.messages FOR EACH ROW EXECUTE FUNCTION inbound.test_conflict();
            """);
        await ApplyAsync(Text("c1", "fine"));
        await Parts.Database.ExecuteAsync("DROP TRIGGER test_conflict ON inbound.messages");

        Assert.Equal(1, await CountAsync("messages"));
    }

    [Fact]
    public async Task A_replica_that_dies_between_claim_and_commit_leaves_the_batch_for_the_next()
    {
        await ArriveAsync([.. Enumerable.Range(0, 10).Select(i => Text($"d{i}", "fine"))]);
        await using (var connection = await Parts.Database.OpenConnectionAsync())
        await using (await connection.BeginTransactionAsync())
        {
            // What a dying replica holds: its claim. Nobody else sees the rows, and nobody waits for them.
            await using var claim = new NpgsqlCommand(Bookbag.Inbound.Webhooks.WebhookLogSql.Claim, connection) { Parameters = { new("now", Noon), new("batch", 500), new("stretches", 500) } };
            await claim.ExecuteNonQueryAsync();
            Assert.Equal(0, await Parts.Processor.RunOnceAsync(CancellationToken.None));
        }

        await Parts.ApplyAllAsync();
        Assert.Equal(10, await CountAsync("messages"));
    }

    [Fact]
    public async Task Numbers_beyond_jsonb_are_rejected_and_not_the_end_of_the_queue()
    {
        var order = System.Text.Encoding.UTF8.GetBytes($$$"""
            {"object":"whatsapp_business_account","entry":[{"id":"{{{Meta.Account}}}","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"{{{Channel.PhoneNumberId}}}"},
            "messages":[{"from":"16505550001","id":"big","timestamp":"1700000000","type":"order","order":{"catalog_id":"1","product_items":[{"quantity":1e999999}]}}]}}]}]}
            """);
        await ApplyAsync(order, Text("fine", "fine"));
        await TryUntilGivenUpAsync();

        Assert.Equal(1, await CountAsync("messages"));
        Assert.Equal("not_applicable entry[0].changes[0].value.messages[0]", await RejectedAsync());
    }
}
