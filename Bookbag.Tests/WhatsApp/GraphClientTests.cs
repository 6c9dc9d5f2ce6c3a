using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.WhatsApp;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.WhatsApp;

public sealed class GraphClientTests : IAsyncLifetime
{
    private const string Token = "EAAGsecretTokenNobodyMaySee";
    private const string Accepted = """{"messaging_product":"whatsapp","contacts":[{"input":"+4915550100","wa_id":"4915550100 ","user_id":"DE.1"}],"messages":[{"id":"wamid.1","message_status":"accepted"}]}""";

    private static readonly OutgoingMessage Hello = OutgoingMessage.Text(new CustomerAddress("4915550100", null), "Hello") with { CallbackData = "mine-1" };

    private readonly FakeTimeProvider _clock = new();
    private GraphDouble _graph = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _graph = await GraphDouble.StartAsync();

    public async Task DisposeAsync() => await _graph.DisposeAsync();

    [Fact]
    public async Task A_message_that_Meta_takes_is_accepted_with_its_id()
    {
        _graph.AnswerWith(200, Accepted);
        Assert.Equal(new SendOutcome.Accepted("wamid.1", "4915550100", "DE.1", Held: false), await SendAsync());
        var request = Assert.Single(_graph.Requests);
        Assert.Equal(("POST", "/v25.0/100000000000001/messages", "Bearer " + Token), (request.Method, request.Target, request.Authorization));
        Assert.Contains("\"biz_opaque_callback_data\":\"mine-1\"", request.Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"messages":[{"id":"wamid.1"}]}""", false)]
    [InlineData("""{"contacts":null,"messages":[{"id":"wamid.1","message_status":"accepted"}]}""", false)]
    [InlineData("""{"messages":[{"id":"wamid.1","message_status":"held_for_quality_assessment"}]}""", true)]
    [InlineData("""{"messages":[{"id":"wamid.1","message_status":"paused"}]}""", true)]
    public async Task A_message_that_Meta_holds_back_is_accepted_and_in_flight(string body, bool held)
    {
        _graph.AnswerWith(200, body);
        Assert.Equal(new SendOutcome.Accepted("wamid.1", null, null, held), await SendAsync());
    }

    [Theory]
    [InlineData(400, 131047, GraphAction.FailMessage)]
    [InlineData(400, 130429, GraphAction.SlowDown)]
    [InlineData(429, 130429, GraphAction.SlowDown)]
    [InlineData(500, 131000, GraphAction.Retry)]
    [InlineData(503, 2, GraphAction.Retry)]
    [InlineData(401, 190, GraphAction.BreakChannel)]
    [InlineData(200, 131026, GraphAction.FailMessage)]
    public async Task An_error_of_Metas_is_a_refusal_whatever_its_status(int status, int code, GraphAction action)
    {
        _graph.AnswerWith(status, $$$"""{"error":{"message":"m","code":{{{code}}}}}""");
        var error = Assert.IsType<SendOutcome.Refused>(await SendAsync()).Error;
        Assert.Equal((code, action), (error.Code, error.Action));
    }

    [Theory]
    [InlineData(429, GraphAction.SlowDown)]
    [InlineData(408, GraphAction.Retry)]
    [InlineData(401, GraphAction.BreakChannel)]
    [InlineData(404, GraphAction.FailMessage)]
    [InlineData(413, GraphAction.FailMessage)]
    public async Task A_refusal_that_is_not_Metas_is_a_refusal_all_the_same(int status, GraphAction action)
    {
        _graph.AnswerWith(status, "<html>no</html>", headers => headers.RetryAfter = "9");
        var error = Assert.IsType<SendOutcome.Refused>(await SendAsync()).Error;
        Assert.Equal((action, TimeSpan.FromSeconds(9)), (error.Action, error.RetryAfter!.Value));
    }

    [Theory]
    [InlineData(500, "")]
    [InlineData(502, "<html>Bad Gateway</html>")]
    [InlineData(503, "{}")]
    [InlineData(504, "null")]
    [InlineData(200, "")]
    [InlineData(200, "garbage")]
    [InlineData(200, "{\"success\":true}")]
    [InlineData(200, "{\"messages\":[]}")]
    [InlineData(200, "{\"messages\":[{\"id\":\"\"}]}")]
    [InlineData(200, "[1]")]
    public async Task An_answer_that_tells_nothing_leaves_the_outcome_unknown(int status, string body)
    {
        _graph.AnswerWith(status, body);
        Assert.IsType<SendOutcome.Unknown>(await SendAsync());
        Assert.Single(_graph.Requests);
    }

    [Fact]
    public async Task A_line_that_is_cut_leaves_the_outcome_unknown_and_nothing_is_sent_twice()
    {
        _graph.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        Assert.IsType<SendOutcome.Unknown>(await SendAsync());
        Assert.Single(_graph.Requests);
    }

    [Fact]
    public async Task A_line_that_is_cut_in_the_middle_of_the_answer_leaves_the_outcome_unknown()
    {
        _graph.Answer = async context =>
        {
            context.Response.ContentLength = Accepted.Length;
            await context.Response.WriteAsync(Accepted[..40]);
            await context.Response.Body.FlushAsync();
            context.Abort();
        };
        Assert.IsType<SendOutcome.Unknown>(await SendAsync());
    }

    [Fact]
    public async Task The_right_answer_too_late_leaves_the_outcome_unknown()
    {
        var late = new TaskCompletionSource();
        _graph.Answer = async context =>
        {
            await late.Task;
            await context.Response.WriteAsync(Accepted);
        };
        var sending = SendAsync();
        await _graph.Arrived.Task;
        _clock.Advance(new GraphOptions().SendTimeout + TimeSpan.FromTicks(1));
        Assert.Equal(new SendOutcome.Unknown("Meta did not answer within 30 seconds."), await sending);
        late.SetResult();
    }

    [Fact]
    public async Task A_stop_of_the_service_after_the_message_left_leaves_the_outcome_unknown()
    {
        _graph.Answer = context => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, context.RequestAborted);
        using var stop = new CancellationTokenSource();
        var sending = SendAsync(cancellationToken: stop.Token);
        await _graph.Arrived.Task;
        await stop.CancelAsync();
        Assert.IsType<SendOutcome.Unknown>(await sending);
    }

    [Fact]
    public async Task A_stop_of_the_service_before_the_message_left_sends_nothing()
    {
        var outcome = Assert.IsType<SendOutcome.Refused>(await SendAsync(cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal(GraphAction.Retry, outcome.Error.Action);
        Assert.Empty(_graph.Requests);
    }

    [Fact]
    public async Task A_server_that_does_not_listen_was_sent_nothing()
    {
        // Port 1 is reserved: nothing listens there.
        var error = Assert.IsType<SendOutcome.Refused>(await SendAsync("http://127.0.0.1:1/v25.0/1/messages")).Error;
        Assert.Equal((0, GraphAction.Retry, true), (error.Code, error.Action, error.IsTransient));
    }

    [Fact]
    public async Task A_host_whose_certificate_does_not_hold_was_sent_nothing()
    {
        // Plain HTTP where TLS is expected: the handshake fails.
        var outcome = await SendAsync($"https://127.0.0.1:{_graph.Address.Port}/v25.0/1/messages");
        Assert.Equal(GraphAction.Retry, Assert.IsType<SendOutcome.Refused>(outcome).Error.Action);
        Assert.Empty(_graph.Requests);
    }

    [Theory]
    [InlineData("http://10.255.255.1/v25.0/1/messages")]
    [InlineData("https://graph.facebook.com.evil.example/v25.0/1/messages")]
    [InlineData("https://user@graph.facebook.com/v25.0/1/messages")]
    public async Task A_host_that_is_not_allowed_is_sent_nothing(string url)
    {
        var error = Assert.IsType<SendOutcome.Refused>(await SendAsync(url)).Error;
        Assert.Equal(GraphAction.BreakChannel, error.Action);
    }

    [Fact]
    public async Task Outside_development_not_even_this_machine_is_sent_anything()
    {
        _graph.AnswerWith(200, Accepted);
        Assert.IsType<SendOutcome.Refused>(await SendAsync(environment: "Production"));
        Assert.Empty(_graph.Requests);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using var elsewhere = await GraphDouble.StartAsync();
        _graph.Answer = context =>
        {
            context.Response.Redirect(new Uri(elsewhere.Address, "/v25.0/1/messages").ToString(), permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        };
        Assert.Equal(GraphAction.BreakChannel, Assert.IsType<SendOutcome.Refused>(await SendAsync()).Error.Action);
        Assert.Empty(elsewhere.Requests);
    }

    [Fact]
    public async Task Retries_that_are_set_for_all_clients_do_not_touch_a_message()
    {
        _graph.AnswerWith(503, "");
        await SendAsync(configure: services => services.ConfigureHttpClientDefaults(http => http.AddStandardResilienceHandler()));
        Assert.Single(_graph.Requests);
    }

    [Theory]
    [InlineData("")]
    [InlineData("EAAG\r\nX-Evil: 1")]
    [InlineData("EAAG secret")]
    [InlineData("EAAGé")]
    public async Task A_token_that_cannot_be_one_is_not_sent_and_not_quoted(string token)
    {
        var error = Assert.IsType<SendOutcome.Refused>(await SendAsync(token: token)).Error;
        Assert.Equal((190, GraphAction.BreakChannel), (error.Code, error.Action));
        Assert.DoesNotContain("EAAG", error.ToString(), StringComparison.Ordinal);
        Assert.Empty(_graph.Requests);
    }

    [Fact]
    public async Task A_token_that_Meta_quotes_in_its_error_is_taken_out()
    {
        _graph.AnswerWith(400, $$$"""{"error":{"message":"Malformed access token {{{Token}}}","error_data":{"details":"{{{Token}}} is bad"},"code":190}}""");
        var error = Assert.IsType<SendOutcome.Refused>(await SendAsync()).Error;
        Assert.Equal(("Malformed access token [token]", "[token] is bad"), (error.Message, error.Details));
    }

    [Fact]
    public async Task The_sandbox_is_found_by_service_discovery()
    {
        _graph.AnswerWith(200, Accepted);
        Assert.IsType<SendOutcome.Accepted>(await SendAsync(
            "http://sandbox/v25.0/100000000000001/messages", settings: new() { ["services:sandbox:http:0"] = _graph.Address.ToString() }));
        Assert.Equal("/v25.0/100000000000001/messages", Assert.Single(_graph.Requests).Target);
    }

    [Fact]
    public async Task A_message_is_marked_read_with_and_without_typing()
    {
        _graph.AnswerWith(200, """{"success":true}""");
        await using var services = Services();
        var client = services.GetRequiredService<GraphClient>();
        Assert.Null(await client.MarkReadAsync(Channel(), "wamid.q", typing: true, CancellationToken.None));
        Assert.Null(await client.MarkReadAsync(Channel(), "wamid.q", typing: false, CancellationToken.None));
        Assert.Equal(
            [
                """{"messaging_product":"whatsapp","status":"read","message_id":"wamid.q","typing_indicator":{"type":"text"}}""",
                """{"messaging_product":"whatsapp","status":"read","message_id":"wamid.q"}""",
            ],
            _graph.Requests.Select(r => r.Body));
        if (Fixtures.Missing is not null)
            return;
        var schema = JsonSchema.Parse(Fixtures.Read("schema", "mark-read-request.schema.json"));
        Assert.All(_graph.Requests, request => Assert.Empty(schema.Validate(JsonDocument.Parse(request.Body).RootElement)));
    }

    [Fact]
    public async Task A_read_receipt_that_fails_is_an_error_and_no_exception()
    {
        await using var services = Services();
        var client = services.GetRequiredService<GraphClient>();
        _graph.AnswerWith(400, """{"error":{"code":131009,"message":"m"}}""");
        Assert.Equal(131009, (await client.MarkReadAsync(Channel(), "wamid.q", true, CancellationToken.None))!.Code);
        _graph.AnswerWith(502, "");
        Assert.Equal(GraphAction.Retry, (await client.MarkReadAsync(Channel(), "wamid.q", true, CancellationToken.None))!.Action);
        _graph.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        Assert.Equal(GraphAction.Retry, (await client.MarkReadAsync(Channel(), "wamid.q", true, CancellationToken.None))!.Action);
    }

    [Fact]
    public async Task A_number_is_described_with_its_account_and_portfolio()
    {
        _graph.AnswerWith(200, """
            {"id":"100000000000001","display_phone_number":"+49 155 5010099","verified_name":"Shoe Shop","quality_rating":"GREEN","status":"CONNECTED",
             "throughput":{"level":"STANDARD"},"whatsapp_business_manager_messaging_limit":"TIER_2K",
             "health_status":{"can_send_message":"LIMITED","entities":[
               {"entity_type":"PHONE_NUMBER","id":"100000000000001","can_send_message":"LIMITED","additional_info":["The display name has not been approved yet."]},
               {"entity_type":"WABA","id":"200000000000001","can_send_message":"BLOCKED","errors":[{"error_code":141006,"error_description":"No payment method.","possible_solution":"Add one."}]},
               {"entity_type":"BUSINESS","id":"300000000000001"},{"entity_type":"APP","id":"4"}]}}
            """);
        var details = (await GetPhoneNumberAsync()).Value!;
        Assert.Equal(
            new PhoneNumberDetails("100000000000001", "+49 155 5010099", "Shoe Shop", "GREEN", "CONNECTED", "STANDARD", "TIER_2K", "200000000000001", "300000000000001") { AppId = "4", Problems = details.Problems },
            details);
        Assert.Equal(["The display name has not been approved yet.", "No payment method. Add one."], details.Problems);
        var request = Assert.Single(_graph.Requests);
        Assert.Equal(("GET", "Bearer " + Token, ""), (request.Method, request.Authorization, request.Body));
        Assert.StartsWith("/v25.0/100000000000001?fields=id,display_phone_number,", request.Target, StringComparison.Ordinal);
        Assert.Contains("whatsapp_business_manager_messaging_limit,is_on_biz_app,health_status", request.Target, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"1","platform_type":"CLOUD_API","is_on_biz_app":true,"throughput":{"level":"STANDARD"}}""", PhoneNumberDetails.OnPhone)]
    [InlineData("""{"id":"1","platform_type":"CLOUD_API","is_on_biz_app":false,"throughput":{"level":"STANDARD"}}""", "STANDARD")]
    [InlineData("""{"id":"1","platform_type":"NOT_APPLICABLE","is_on_biz_app":true,"throughput":{"level":"NOT_APPLICABLE"}}""", "NOT_APPLICABLE")]
    public async Task A_number_that_is_on_a_phone_as_well_is_recognised(string answer, string throughput)
    {
        _graph.AnswerWith(200, answer);
        Assert.Equal(throughput, (await GetPhoneNumberAsync()).Value!.Throughput);
    }

    [Fact]
    public async Task An_older_version_is_asked_for_what_it_knows()
    {
        _graph.AnswerWith(200, """{"id":"1","messaging_limit_tier":"TIER_1K"}""");
        Assert.Equal("TIER_1K", (await GetPhoneNumberAsync("v23.0")).Value!.MessagingLimitTier);
        Assert.DoesNotContain("whatsapp_business_manager_messaging_limit", Assert.Single(_graph.Requests).Target, StringComparison.Ordinal);
        Assert.DoesNotContain("is_on_biz_app", Assert.Single(_graph.Requests).Target, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_double_that_knows_only_the_id_is_enough()
    {
        _graph.AnswerWith(200, """{"id":"100000000000001"}""");
        Assert.Equal("100000000000001", (await GetPhoneNumberAsync()).Value!.Id);
    }

    public static TheoryData<string> NumberFixtures => Fixtures.Names("send", "graph-doc-support-health");

    [FixtureTheory]
    [MemberData(nameof(NumberFixtures))]
    public async Task Metas_own_health_answers_name_the_account(string name)
    {
        _graph.AnswerWith(200, System.Text.Encoding.UTF8.GetString(Fixtures.Read("send", name)));
        var details = (await GetPhoneNumberAsync()).Value!;
        Assert.Equal(("102290129340398", "506914307656634"), (details.BusinessAccountId, details.PortfolioId));
    }

    [Theory]
    [InlineData(401, """{"error":{"code":190,"error_subcode":463,"message":"Session has expired"}}""", "expired")]
    [InlineData(400, """{"error":{"code":100,"error_subcode":33,"message":"Unsupported get request."}}""", "Check the phone number id in the send URL")]
    [InlineData(400, """{"error":{"code":100,"message":"(#100) Tried accessing nonexisting field (display_phone_number) on node type (WhatsAppBusinessAccount)"}}""", "not the id of a phone number")]
    [InlineData(404, """{"error":{"code":803,"message":"Phone number not found"}}""", "Check the phone number id")]
    [InlineData(502, "<html>", "Check the send URL")]
    [InlineData(200, "<html>", "tried again")]
    [InlineData(200, "[]", "tried again")]
    public async Task A_number_that_cannot_be_described_has_an_error_in_words(int status, string body, string advice)
    {
        _graph.AnswerWith(status, body);
        var result = await GetPhoneNumberAsync();
        Assert.Null(result.Value);
        Assert.Contains(advice, result.Error!.Advice, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Neither_token_nor_url_nor_number_is_in_any_log_or_trace()
    {
        var said = new ConcurrentQueue<string>();
        using var parent = new Activity("turn").Start();
        using var activities = new ActivityListener
        {
            ShouldListenTo = _ => true,

            // Other tests run in this process: only what belongs to this one's trace is listened to.
            Sample = (ref options) => options.TraceId == parent.TraceId ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == parent.TraceId)
                    said.Enqueue($"{activity.Source.Name} {activity.DisplayName} {activity.StatusDescription} {string.Join(' ', activity.TagObjects)} {string.Join(' ', activity.Events.SelectMany(e => e.Tags))}");
            },
        };
        ActivitySource.AddActivityListener(activities);

        void Capture(IServiceCollection services) => services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new CapturingLogs(said)));
        _graph.AnswerWith(401, $$$"""{"error":{"code":190,"message":"Malformed access token {{{Token}}}"}}""");
        said.Enqueue((await SendAsync(configure: Capture)).ToString());
        said.Enqueue((await GetPhoneNumberAsync(configure: Capture)).ToString());
        said.Enqueue((await SendAsync("http://127.0.0.1:1/v25.0/100000000000001/messages", configure: Capture)).ToString());
        said.Enqueue((await SendAsync("http://evil.example/v25.0/100000000000001/messages", configure: Capture)).ToString());
        _graph.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        said.Enqueue((await SendAsync(configure: Capture)).ToString());

        Assert.Contains(said, line => line.Contains("graph send", StringComparison.Ordinal) && line.Contains("[bookbag.graph.code, 190]", StringComparison.Ordinal));
        foreach (var secret in new[] { Token, "100000000000001", "/v25.0/", "4915550100", "Hello" })
            Assert.DoesNotContain(said, line => line.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_trace_header_goes_to_Meta()
    {
        string? traceparent = null;
        _graph.Answer = context =>
        {
            traceparent = context.Request.Headers.TraceParent;
            return context.Response.WriteAsync(Accepted);
        };
        using var parent = new Activity("turn").Start();
        await SendAsync();
        Assert.Null(traceparent);
    }

    [Theory]
    [InlineData("Graph:DefaultVersion", "latest")]
    [InlineData("Graph:SendTimeout", "00:00:00")]
    [InlineData("Graph:MaxConnections", "0")]
    public void A_bad_setting_stops_the_start_and_is_named(string key, string value)
    {
        using var services = Services(settings: new() { [key] = value });
        var exception = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IOptions<GraphOptions>>().Value);
        Assert.Contains(key.Split(':')[1], exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_setting_opens_this_machine_outside_development()
    {
        using var services = Services("Production", new() { ["Graph:AllowLocal"] = "true" });
        Assert.False(services.GetRequiredService<IOptions<GraphOptions>>().Value.AllowLocal);
    }

    private async Task<SendOutcome> SendAsync(
        string? url = null, string token = Token, string environment = "Development", Dictionary<string, string?>? settings = null,
        Action<IServiceCollection>? configure = null, CancellationToken cancellationToken = default)
    {
        await using var services = Services(environment, settings, configure);
        return await services.GetRequiredService<GraphClient>().SendAsync(Channel(url, token), Hello, cancellationToken);
    }

    private async Task<GraphResult<PhoneNumberDetails>> GetPhoneNumberAsync(string version = "v25.0", Action<IServiceCollection>? configure = null)
    {
        await using var services = Services(configure: configure);
        var options = services.GetRequiredService<IOptions<GraphOptions>>().Value;
        Assert.True(SendUrl.TryParse(new Uri(_graph.Address, $"/{version}/100000000000001/messages").ToString(), options, out var url, out var problem), problem);
        return await services.GetRequiredService<GraphClient>().GetPhoneNumberAsync(url, Token, CancellationToken.None);
    }

    private ChannelRoute Channel(string? url = null, string token = Token) => new()
    {
        ChannelId = Guid.Empty,
        WorkspaceId = Guid.Empty,
        AgentId = Guid.Empty,
        PhoneNumberId = "100000000000001",
        SendUrl = url is null ? new Uri(_graph.Address, "/v25.0/100000000000001/messages") : new Uri(url),
        AccessToken = token,
        AppSecret = [],
    };

    private ServiceProvider Services(string environment = "Development", Dictionary<string, string?>? settings = null, Action<IServiceCollection>? configure = null)
    {
        var services = new ServiceCollection();
        services.AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings ?? []).Build());
        services.AddSingleton<IHostEnvironment>(new HostingEnvironment { EnvironmentName = environment });
        services.AddSingleton<TimeProvider>(_clock);
        services.AddLogging();
        services.AddGraphClient();
        configure?.Invoke(services);
        return services.BuildServiceProvider();
    }

    private sealed class HostingEnvironment : IHostEnvironment
    {
        public required string EnvironmentName { get; set; }

        public string ApplicationName { get; set; } = "tests";

        public string ContentRootPath { get; set; } = "/";

        public Microsoft.Extensions.FileProviders.IFileProvider ContentRootFileProvider { get; set; } = new Microsoft.Extensions.FileProviders.NullFileProvider();
    }

    private sealed class CapturingLogs(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            lines.Enqueue(state.ToString() ?? "");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
