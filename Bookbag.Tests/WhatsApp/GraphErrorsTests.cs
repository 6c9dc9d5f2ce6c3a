using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using static Bookbag.ServiceDefaults.WhatsApp.GraphAction;

namespace Bookbag.Tests.WhatsApp;

public sealed class GraphErrorsTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    // Every code of Meta's documentation and of what others have seen, with what is to be done about it.
    private static readonly (GraphAction Action, int[] Codes)[] Known =
    [
        (BreakChannel,
        [
            0, 3, 10, 33, 104, 190, 200, 201, 250, 299, 368, 803, 1005, 131005, 131031, 131037, 131042, 131044, 131045,
            133000, 133005, 133006, 133008, 133009, 133010, 133015, 133016, 134102, 136024, 136025,
            2388001, 2388012, 2388091, 2388093, 2388103, 2593107, 2593108,
        ]),
        (Retry, [1, 2, 131000, 131016, 131057, 133004, 134101, 2388039, 2494100]),
        (SlowDown, [4, 17, 613, 80007, 130429]),
        (RetryRecipientLater, [131049, 131056]),
        (SuppressMarketing, [131050]),
        (PauseSending, [131048, 131064]),
        (StopTemplate, [131061, 131063, 132000, 132001, 132007, 132008, 132012, 132015, 132016, 132018, 132068, 132069]),
        (FailMessage,
        [
            130403, 130472, 130497, 131020, 131021, 131026, 131041, 131047, 131052, 131062, 131200, 131205, 131299, 132005, 137000,
            138000, 138021, 139000, 139103, 147001, 147005,
        ]),
        (FixRequest,
        [
            100, 131008, 131009, 131030, 131051, 131053, 131055, 131059, 134011, 134100, 135000,
            2388019, 2388040, 2388047, 2388072, 2388073, 2388293, 2388299,
        ]),
        (Ignore, [131060, 200005, 200006, 200007, 1752041]),
    ];

    public static TheoryData<int, GraphAction> KnownCodes
    {
        get
        {
            var rows = new TheoryData<int, GraphAction>();
            foreach (var (action, codes) in Known)
            {
                foreach (var code in codes)
                    rows.Add(code, action);
            }

            return rows;
        }
    }

    [Theory]
    [MemberData(nameof(KnownCodes))]
    public void Every_known_code_has_an_action_a_meaning_and_advice(int code, GraphAction action)
    {
        var kind = GraphErrorKinds.Find(code, null);
        Assert.Equal(action, kind?.Action);
        Assert.NotEmpty(kind!.Meaning);
        Assert.EndsWith(".", kind.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public void No_code_stands_in_the_table_twice() =>
        Assert.All(
            GraphErrorKinds.All,
            kind => Assert.Single(GraphErrorKinds.All, other => other.From <= kind.To && kind.From <= other.To));

    [Theory]
    [InlineData(300)]
    [InlineData(199)]
    [InlineData(131199)]
    [InlineData(131300)]
    [InlineData(140000)]
    [InlineData(-7)]
    public void A_code_outside_the_table_is_unknown(int code) => Assert.Null(GraphErrorKinds.Find(code, null));

    [Theory]
    [InlineData(100, 33, BreakChannel)]
    [InlineData(100, 2388299, FixRequest)]
    [InlineData(136025, 2388093, BreakChannel)]
    [InlineData(987654, 2388019, FixRequest)]
    [InlineData(130429, 2494055, SlowDown)]
    [InlineData(131047, 33, FailMessage)]
    [InlineData(190, 463, BreakChannel)]
    public void A_subcode_speaks_where_the_code_says_little(int code, int subcode, GraphAction action) =>
        Assert.Equal(action, GraphErrorKinds.Find(code, subcode)?.Action);

    [Fact]
    public void The_reason_why_a_token_ended_is_said() => Assert.Contains("expired", GraphErrorKinds.Find(190, 463)!.Meaning, StringComparison.Ordinal);

    [Fact]
    public void An_answer_is_understood_whole() =>
        Assert.Equal(
            new GraphError(
                130429, 2494055, "(#130429) Rate limit hit", "Throughput reached.", SlowDown,
                "The number has reached its throughput. Nothing; sending slows down and goes on."),
            Parse(HttpStatusCode.BadRequest, """
                {"error":{"message":"(#130429) Rate limit hit","type":"OAuthException","code":130429,"error_subcode":2494055,
                 "error_data":{"messaging_product":"whatsapp","details":"Throughput reached."},"fbtrace_id":"A"}}
                """));

    [Theory]
    [InlineData("""{"error":{"code":"131047","message":"m","error_data":"plain"}}""", 131047, "m", "plain")]
    [InlineData("""{"error":{"code":131047,"title":"t"}}""", 131047, "t", null)]
    [InlineData("""{"error":{"code":131047,"error_user_title":"t","error_user_msg":"u"}}""", 131047, "t", "u")]
    [InlineData("""{"error":{}}""", -1, "an error without a code", null)]
    [InlineData("""{"error":{"code":[],"error_subcode":"x","error_data":[1],"message":{}}}""", -1, "an error without a code", null)]
    public void A_body_is_read_as_it_comes(string body, int code, string message, string? details)
    {
        var error = Parse(HttpStatusCode.BadRequest, body);
        Assert.Equal((code, message, details), (error!.Code, error.Message, error.Details));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>502 Bad Gateway</html>")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"error\":\"text\"}")]
    [InlineData("{\"success\":false}")]
    public void A_body_that_is_not_Metas_is_no_error_of_Metas(string body) => Assert.Null(Parse(HttpStatusCode.BadGateway, body));

    [Theory]
    [InlineData(400, "{\"error\":{\"code\":999999}}", FailMessage)]
    [InlineData(429, "{\"error\":{\"code\":999999}}", SlowDown)]
    [InlineData(500, "{\"error\":{\"code\":999999}}", Retry)]
    [InlineData(400, "{\"error\":{\"code\":999999,\"is_transient\":true}}", Retry)]
    [InlineData(500, "{\"error\":{\"code\":131026}}", FailMessage)]
    public void The_status_decides_only_for_unknown_codes(int status, string body, GraphAction action) =>
        Assert.Equal(action, Parse((HttpStatusCode)status, body)!.Action);

    [Fact]
    public void Meta_says_how_long_to_wait()
    {
        const string Body = "{\"error\":{\"code\":80007}}";
        Assert.Equal(TimeSpan.FromSeconds(17), Parse(HttpStatusCode.BadRequest, Body, h => h.RetryAfter = new(TimeSpan.FromSeconds(17)))!.RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(3), Parse(HttpStatusCode.BadRequest, Body, h => h.RetryAfter = new(Now.AddMinutes(3)))!.RetryAfter);
        Assert.Equal(TimeSpan.FromMinutes(12), Parse(HttpStatusCode.BadRequest, Body, h => h.Add("X-Business-Use-Case-Usage",
            """{"200000000000001":[{"type":"whatsapp","call_count":100,"estimated_time_to_regain_access":4},{"estimated_time_to_regain_access":12}]}"""))!.RetryAfter);
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[]")]
    [InlineData("{\"1\":5}")]
    [InlineData("{\"1\":[{\"estimated_time_to_regain_access\":0}]}")]
    [InlineData("{\"1\":[{\"estimated_time_to_regain_access\":99999999999}]}")]
    public void A_header_without_a_wait_leaves_the_usual_one(string usage) =>
        Assert.Equal(TimeSpan.FromMinutes(10), Parse(HttpStatusCode.BadRequest, "{\"error\":{\"code\":80007}}", h => h.Add("X-Business-Use-Case-Usage", usage))!.RetryAfter);

    [Fact]
    public void Waits_and_retries_that_are_known_are_kept()
    {
        Assert.Equal((TimeSpan.FromHours(24), 1), Of(131049));
        Assert.Equal((TimeSpan.FromHours(72), null), Of(133016));
        Assert.Equal((TimeSpan.FromMinutes(1), null), Of(131057));
        Assert.Equal((TimeSpan.FromSeconds(4), null), Of(131056));
        Assert.Equal((null, 3), Of(131000));

        static (TimeSpan?, int?) Of(int code)
        {
            var error = Parse(HttpStatusCode.BadRequest, $$$"""{"error":{"code":{{{code}}}}}""")!;
            return (error.RetryAfter, error.MaxRetries);
        }
    }

    [Fact]
    public void A_webhooks_error_is_the_same_as_an_answers()
    {
        var json = JsonDocument.Parse("""{"code":131049,"title":"not delivered","error_data":{"details":"ecosystem"}}""").RootElement;
        Assert.Equal(Parse(HttpStatusCode.BadRequest, $$"""{"error":{{json}}}"""), GraphErrors.Read(json));
    }

    public static TheoryData<string> ErrorFixtures => Fixtures.Names("send", "err-");

    [FixtureTheory]
    [MemberData(nameof(ErrorFixtures))]
    public void Every_error_that_others_have_seen_is_known(string name)
    {
        var error = Parse(HttpStatusCode.BadRequest, Encoding.UTF8.GetString(Fixtures.Read("send", name)));
        Assert.NotNull(error);
        Assert.NotNull(GraphErrorKinds.Find(error.Code, error.Subcode));
    }

    private static GraphError? Parse(HttpStatusCode status, string body, Action<HttpResponseHeaders>? headers = null)
    {
        using var response = new HttpResponseMessage(status);
        headers?.Invoke(response.Headers);
        return GraphErrors.Parse(status, Encoding.UTF8.GetBytes(body), response.Headers, Now);
    }
}
