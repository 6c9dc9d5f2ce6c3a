using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Models;
using Bookbag.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace Bookbag.Tests.Inbound.Models;

/// <summary>Calls of the model over HTTP: what goes out, and what its failures come to.</summary>
public sealed class ChatModelTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _clock = new(new DateTimeOffset(2026, 3, 2, 10, 0, 0, TimeSpan.Zero));
    private ModelDouble _model = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _model = await ModelDouble.StartAsync();

    public async Task DisposeAsync() => await _model.DisposeAsync();

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task OpenAI_is_asked_in_its_own_words(string streams)
    {
        using var host = Host(("Streams", streams));
        _model.Behave = ModelDouble.Say("Hello to you, too.");
        Assert.Equal("Hello to you, too.", (await AskAsync(host)).Text);

        var request = Assert.Single(_model.Requests);
        Assert.Equal(("/v1/chat/completions", "Bearer a-key-nobody-may-see", null), (request.Path, request.Authorization, request.ApiKey));
        Assert.Equal("small-model", request.Body["model"]!.GetValue<string>());
        Assert.Equal(500, request.Body["max_completion_tokens"]!.GetValue<int>());
        Assert.Equal("escalate", Assert.Single(request.Body["tools"]!.AsArray())!["function"]!["name"]!.GetValue<string>());
    }

    [Fact]
    public async Task Azure_is_asked_at_its_deployment_with_its_header_and_version()
    {
        using var host = Host(("Kind", "AzureOpenAI"), ("Endpoint", _model.Root), ("Name", "our gpt"));
        _model.Behave = ModelDouble.Say("Hello.");
        Assert.Equal("Hello.", (await AskAsync(host)).Text);

        var request = Assert.Single(_model.Requests);
        Assert.Equal(("/openai/deployments/our%20gpt/chat/completions?api-version=2024-10-21", null, "a-key-nobody-may-see"), (request.Path, request.Authorization, request.ApiKey));
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task Ollama_is_asked_in_its_own_words(string streams)
    {
        using var host = Host(("Kind", "Ollama"), ("Endpoint", _model.Root), ("ApiKey", ""), ("Streams", streams));
        _model.Behave = streams == "true" ? ModelDouble.Say("Hello to you, too.")
            : ModelDouble.Answer("""{"model":"small-model","created_at":"2026-03-02T10:00:00Z","message":{"role":"assistant","content":"Hello to you, too."},"done":true,"done_reason":"stop","prompt_eval_count":321,"eval_count":12}""");
        var response = await AskAsync(host);
        Assert.Equal(("Hello to you, too.", 321, 12), (response.Text, response.Usage!.InputTokenCount, response.Usage.OutputTokenCount));

        var request = Assert.Single(_model.Requests);
        Assert.Equal(("/api/chat", null), (request.Path, request.Authorization));
        Assert.Equal("small-model", request.Body["model"]!.GetValue<string>());
        Assert.Equal("You are kind.", request.System);
        Assert.Equal("escalate", Assert.Single(request.Body["tools"]!.AsArray())!["function"]!["name"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("OpenAI", "/v1")]
    [InlineData("AzureOpenAI", "")]
    [InlineData("Ollama", "")]
    public async Task A_tool_is_called_whatever_the_endpoint_speaks(string kind, string path)
    {
        using var host = Host(("Kind", kind), ("Endpoint", _model.Root + path));
        _model.Behave = ModelDouble.Call("escalate", """{"reason":"The customer is angry about \"late\" parcels."}""");
        var call = Assert.Single((await AskAsync(host)).Messages.SelectMany(message => message.Contents).OfType<FunctionCallContent>());
        Assert.Equal(("escalate", "The customer is angry about \"late\" parcels."), (call.Name, call.Arguments!["reason"]!.ToString()));
    }

    [Theory]
    [InlineData("OpenAI", "/v1", 429)]
    [InlineData("OpenAI", "/v1", 500)]
    [InlineData("OpenAI", "/v1", 503)]
    [InlineData("AzureOpenAI", "", 429)]
    [InlineData("Ollama", "", 500)]
    public async Task A_failure_that_passes_is_not_noticed(string kind, string path, int status)
    {
        using var host = Host(("Kind", kind), ("Endpoint", _model.Root + path), ("Retries", "1"));
        _model.Behave = ModelDouble.InTurn(ModelDouble.Fail(status), ModelDouble.Say("Hello."));
        Assert.Equal("Hello.", (await AskAsync(host)).Text);
        Assert.Equal(2, _model.Requests.Count);
    }

    [Fact]
    public async Task It_is_asked_again_when_it_said_that_it_would_be_ready()
    {
        using var host = Host(("Retries", "1"));
        _model.Behave = ModelDouble.InTurn(ModelDouble.Fail(429, "7"), ModelDouble.Say("Hello."));
        var asked = _clock.GetUtcNow();
        var asking = AskAsync(host);
        await _clock.StepUntilAsync(TimeSpan.FromSeconds(1), () => Task.FromResult(_model.Requests.Count == 2));
        Assert.InRange(_clock.GetUtcNow() - asked, TimeSpan.FromSeconds(7), TimeSpan.FromSeconds(19));
        Assert.Equal("Hello.", (await asking).Text);
    }

    [Fact]
    public async Task One_that_wants_more_patience_than_there_is_is_not_waited_for()
    {
        using var host = Host(("Retries", "3"));
        _model.Behave = ModelDouble.Fail(429, "3600");
        Assert.Equal("The model is over its quota (429).", await FailureAsync(host));
        Assert.Single(_model.Requests);
    }

    [Theory]
    [InlineData("BreakAfter")]
    [InlineData("EndAfter")]
    public async Task An_answer_that_breaks_off_is_asked_for_again(string how)
    {
        using var host = Host(("Retries", "1"));
        var broken = how == "EndAfter" ? ModelDouble.EndAfter("Gift wrapping costs ") : ModelDouble.BreakAfter("Gift wrapping costs ");
        _model.Behave = ModelDouble.InTurn(broken, ModelDouble.Say("Hello."));
        Assert.Equal("Hello.", (await AskAsync(host)).Text);

        _model.Behave = broken;
        var failure = await FailureAsync(host);
        Assert.True(failure is "The model's answer broke off." or "The model cannot be reached.", failure);
    }

    [Theory]
    [InlineData(429, "The model is over its quota (429).", 2)]
    [InlineData(500, "The model's endpoint answered 500.", 2)]
    [InlineData(302, "The model's endpoint answered 302.", 1)]
    [InlineData(400, "The model's endpoint answered 400.", 1)]
    [InlineData(401, "The model's endpoint does not take the key (401): see Model:ApiKey.", 1)]
    [InlineData(404, "The model's endpoint does not know the model (404): see Model:Endpoint and Model:Name.", 1)]
    public async Task A_failure_that_stays_is_said_in_words_and_nothing_of_what_the_endpoint_said(int status, string words, int calls)
    {
        using var host = Host(("Retries", "1"));
        _model.Behave = ModelDouble.Fail(status);
        Assert.Equal(words, await FailureAsync(host));
        Assert.Equal(calls, _model.Requests.Count);
    }

    [Fact]
    public async Task It_goes_nowhere_that_the_endpoint_sends_it()
    {
        await using var elsewhere = await ModelDouble.StartAsync();
        using var host = Host();
        _model.Behave = context =>
        {
            context.Response.StatusCode = 307;
            context.Response.Headers.Location = $"{elsewhere.Endpoint}/chat/completions";
            return Task.CompletedTask;
        };
        Assert.Equal("The model's endpoint answered 307.", await FailureAsync(host));
        Assert.Empty(elsewhere.Requests);
    }

    [Theory]
    [InlineData("content_filter")]
    [InlineData("content_policy_violation")]
    public async Task A_question_that_a_filter_refuses_is_no_outage(string code)
    {
        using var host = Host(("Retries", "1"));
        _model.Behave = ModelDouble.Fail(400, code: code);
        Assert.Equal(ChatFinishReason.ContentFilter, (await AskAsync(host)).FinishReason);
        Assert.Single(_model.Requests);
    }

    [Fact]
    public async Task A_model_that_never_begins_is_given_up()
    {
        using var host = Host();
        _model.Behave = ModelDouble.Hang;
        Assert.Equal("The model did not answer in time.", await FailureInTimeAsync(host, TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task A_model_that_stops_in_the_middle_is_given_up()
    {
        using var host = Host(("IdleTimeout", "00:00:03"));
        _model.Behave = ModelDouble.HangAfter("Gift wrapping costs ");
        Assert.Equal("The model did not answer in time.", await FailureInTimeAsync(host, TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public async Task A_model_that_dawdles_is_given_up_in_the_end_though_each_piece_comes_in_time()
    {
        using var host = Host(("IdleTimeout", "00:00:05"), ("AttemptTimeout", "00:00:15"));
        _model.Behave = async context =>
        {
            context.Response.ContentType = "text/event-stream";
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.WriteAsync("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"x\"}}]}\n\n", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
                await Task.Delay(TimeSpan.FromSeconds(2), _clock, context.RequestAborted);
            }
        };
        Assert.Equal("The model did not answer in time.", await FailureInTimeAsync(host, TimeSpan.FromSeconds(15)));
    }

    [Fact]
    public async Task A_model_that_never_stops_is_cut_off()
    {
        using var host = Host();
        _model.Behave = ModelDouble.Say(new string('x', 100_000));
        Assert.Equal("The model's answer has no end.", await FailureAsync(host));
    }

    [Fact]
    public async Task Who_gives_up_waiting_is_not_told_that_the_model_failed()
    {
        using var host = Host();
        using var stopping = new CancellationTokenSource();
        _model.Behave = context =>
        {
            stopping.Cancel();
            return ModelDouble.Hang(context);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => AskAsync(host, stopping.Token));
    }

    [Theory]
    [InlineData("true", """{"choices":[]}""")]
    [InlineData("true", "data: {\"choices\":[]}\n\ndata: [DONE]\n\n")]
    [InlineData("true", "data: {\"error\":{\"message\":\"overloaded\"}}\n\n")]
    [InlineData("true", "data: <html>\n\n")]
    [InlineData("true", "<html>Bad gateway</html>")]
    [InlineData("true", "")]
    [InlineData("false", """{"choices":[]}""")]
    [InlineData("false", """{}""")]
    [InlineData("false", """{"choices":"none"}""")]
    [InlineData("false", """<html>Bad gateway</html>""")]
    [InlineData("false", "")]
    public async Task An_answer_that_is_none_is_a_failure(string streams, string body)
    {
        using var host = Host(("Streams", streams));
        _model.Behave = ModelDouble.Answer(body, body.StartsWith("data", StringComparison.Ordinal) ? "text/event-stream" : "application/json");
        Assert.StartsWith("The model", await FailureAsync(host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_not_there_is_said_so()
    {
        using var host = Host();
        await _model.DisposeAsync();
        Assert.Equal("The model cannot be reached.", await FailureAsync(host));
    }

    [Fact]
    public async Task A_model_that_keeps_failing_is_left_alone_for_a_while()
    {
        using var host = Host();
        _model.Behave = ModelDouble.Fail(500);
        for (var i = 0; i < 10; i++)
            await FailureAsync(host);
        Assert.Equal("The model failed too often just now and is left alone for a moment.", await FailureAsync(host));
        Assert.Equal(10, _model.Requests.Count);
        Assert.Equal(1, Gauge(host));

        _model.Behave = ModelDouble.Say("Hello.");
        _clock.Advance(TimeSpan.FromSeconds(16));
        Assert.Equal("Hello.", (await AskAsync(host)).Text);
        Assert.Equal(0, Gauge(host));
    }

    [Fact]
    public async Task Questions_that_it_refuses_are_no_reason_to_leave_it_alone()
    {
        using var host = Host();
        _model.Behave = ModelDouble.Fail(400);
        for (var i = 0; i < 12; i++)
            Assert.Equal("The model's endpoint answered 400.", await FailureAsync(host));
    }

    [Fact]
    public async Task Calls_tokens_and_cost_are_measured()
    {
        using var host = Host(("InputPricePerMillion", "2"), ("OutputPricePerMillion", "10"), ("Currency", "EUR"));
        var measured = new ConcurrentQueue<string>();
        using var listener = Listen(host, (name, value, tags) => measured.Enqueue($"{name} {(name.EndsWith("duration", StringComparison.Ordinal) ? "" : value)} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}"));
        await AskAsync(host);
        _model.Behave = ModelDouble.Fail(429);
        await FailureAsync(host);

        Assert.Equal(
            ["bookbag.model.tokens 321 reply input", "bookbag.model.tokens 12 reply output", "bookbag.model.cost 0.000762 reply EUR", "bookbag.model.duration  reply answered", "bookbag.model.duration  reply 429"],
            measured.Select(line => line.Replace("0.0007620000000000001", "0.000762", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("OpenAI", "/v1")]
    [InlineData("AzureOpenAI", "")]
    [InlineData("Ollama", "")]
    public async Task The_key_and_what_was_said_are_in_no_log(string kind, string path)
    {
        using var log = new CapturedLog();
        using var host = Host(log, ("Kind", kind), ("Endpoint", _model.Root + path));
        await AskAsync(host);
        _model.Behave = ModelDouble.Fail(401);
        var failure = await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(host));

        Assert.NotEmpty(log.Lines);
        foreach (var line in log.Lines.Append(failure.ToString()))
        {
            Assert.DoesNotContain("a-key-nobody-may-see", line, StringComparison.Ordinal);
            Assert.DoesNotContain("Where is my parcel", line, StringComparison.Ordinal);
            Assert.DoesNotContain("secret detail", line, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_recording_goes_to_the_model_that_writes_down_recordings()
    {
        using var host = Host(("TranscriptionName", "whisper-1"));
        _model.Behave = ModelDouble.Say("Where is my parcel?");
        var model = host.Services.GetRequiredService<ChatModel>();
        Assert.True(model.Transcribes);
        Assert.Equal("Where is my parcel?", await model.TranscribeAsync([1, 2, 3], "recording.ogg", default));
        var request = Assert.Single(_model.Requests);
        Assert.Equal(("/v1/audio/transcriptions", "whisper-1", "recording.ogg"), (request.Path, request.Body["model"]!.GetValue<string>(), request.Body["file"]!.GetValue<string>()));
    }

    private static Task<ChatResponse> AskAsync(IHost host, CancellationToken cancellationToken = default) =>
        host.Services.GetRequiredService<ChatModel>().AskAsync(ModelPurpose.Reply, [new(ChatRole.System, "You are kind."), new(ChatRole.User, "Where is my parcel?")], ReplyPrompt.Escalate, cancellationToken);

    private static async Task<string> FailureAsync(IHost host) => (await Assert.ThrowsAsync<ModelUnavailableException>(() => AskAsync(host))).Message;

    /// <summary>How it fails when the clock is moved, and that this is not before its time.</summary>
    private async Task<string> FailureInTimeAsync(IHost host, TimeSpan after)
    {
        var began = _clock.GetUtcNow();
        var failing = FailureAsync(host);
        await _clock.StepUntilAsync(TimeSpan.FromMilliseconds(200), () => Task.FromResult(failing.IsCompleted));
        Assert.True(_clock.GetUtcNow() - began >= after, "It was given up too soon.");
        return await failing;
    }

    private static double Gauge(IHost host)
    {
        var now = double.NaN;
        using var listener = Listen(host, (name, value, _) => now = name == "bookbag.model.resting" ? value : now);
        listener.RecordObservableInstruments();
        return now;
    }

    private delegate void Measured(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    private static MeterListener Listen(IHost host, Measured measured)
    {
        var meters = host.Services.GetRequiredService<IMeterFactory>();
        host.Services.GetRequiredService<ModelMetrics>();
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listening) =>
            {
                if (instrument.Meter.Scope == meters && instrument.Name.StartsWith("bookbag.model", StringComparison.Ordinal))
                    listening.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.Start();
        return listener;
    }

    private IHost Host(params (string Name, string Value)[] settings) => Host(null, settings);

    private IHost Host(ILoggerProvider? log, params (string Name, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(ModelHost.For(_model, settings));
        builder.Services.AddSingleton<TimeProvider>(_clock);
        if (log is not null)
            builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log);
        builder.AddModel();
        return builder.Build();
    }
}
