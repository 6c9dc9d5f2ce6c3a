using System.ClientModel;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;
using OpenAI.Audio;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace Bookbag.Inbound.Models;

/// <summary>Asks the model, with patience that ends: every call for an answer ends with one, or with <see cref="ModelUnavailableException"/>.</summary>
/// <remarks>
/// Nothing of an answer is used before it is whole, so that a call may always be made again: asking twice costs tokens and harms nobody. It is made again on what
/// may pass (408, 429 after what Retry-After says, 5xx, time-outs, broken streams). A model that fails half of its calls is left alone for a while.
/// </remarks>
public sealed class ChatModel
{
    // A model that never stops: nobody reads that much.
    private const int LongestAnswer = 32_000;

    private readonly IChatClient _client;
    private readonly AudioClient? _transcriber;
    private readonly ModelOptions _options;
    private readonly ModelMetrics _metrics;
    private readonly TimeProvider _clock;
    private readonly ResiliencePipeline _pipeline;

    /// <summary>Asks one endpoint.</summary>
    /// <param name="client">The chat model.</param>
    /// <param name="options">Its limits.</param>
    /// <param name="metrics">Counts calls and tokens.</param>
    /// <param name="clock">The clock of all limits.</param>
    /// <param name="transcriber">The model that writes down recordings, where it is one of its own.</param>
    public ChatModel(IChatClient client, IOptions<ModelOptions> options, ModelMetrics metrics, TimeProvider clock, AudioClient? transcriber = null)
    {
        (_client, _transcriber, _options, _metrics, _clock) = (client, transcriber, options.Value, metrics, clock);
        _pipeline = Build(_options, metrics, clock);
    }

    /// <summary>The model's answer, whole. One that its content filter keeps back ends with <see cref="ChatFinishReason.ContentFilter"/>.</summary>
    /// <exception cref="ModelUnavailableException">There was none in time.</exception>
    public Task<ChatResponse> AskAsync(ModelPurpose purpose, IReadOnlyList<ChatMessage> messages, AITool? tool, CancellationToken cancellationToken)
    {
        var chat = new ChatOptions { Temperature = _options.Temperature, MaxOutputTokens = _options.MaxOutputTokens };
        if (tool is not null)
            chat.Tools = [tool];
        return TryAsync(purpose, async patience =>
        {
            try
            {
                var response = _options.Streams ? await StreamAsync(messages, chat, patience) : await _client.GetResponseAsync(messages, chat, patience);
                _metrics.Used(purpose, response.Usage);
                return response;
            }
            catch (ModelRefusedException e) when (e.IsFiltered)
            {
                return new ChatResponse { FinishReason = ChatFinishReason.ContentFilter };
            }
        }, cancellationToken);
    }

    /// <summary>Whether recordings are written down by a model of their own.</summary>
    public bool Transcribes => _transcriber is not null;

    /// <summary>What is said in a recording, by the model that writes them down.</summary>
    /// <exception cref="ModelUnavailableException">There was no answer in time.</exception>
    public Task<string> TranscribeAsync(byte[] recording, string filename, CancellationToken cancellationToken) => TryAsync(ModelPurpose.Reading, async patience =>
    {
        using var bytes = new MemoryStream(recording, writable: false);
        var transcription = await _transcriber!.TranscribeAudioAsync(bytes, filename, cancellationToken: patience); // only asked where there is one
        return transcription.Value.Text ?? "";
    }, cancellationToken);

    private async Task<T> TryAsync<T>(ModelPurpose purpose, Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async patience =>
            {
                var started = _clock.GetTimestamp();
                var outcome = "failed";
                try
                {
                    var answer = await call(patience);
                    outcome = "answered";
                    return answer;
                }
                catch (ModelRefusedException e)
                {
                    outcome = $"{e.Status}";
                    throw;
                }
                catch (Exception e) when (e is OperationCanceledException or TimeoutException)
                {
                    outcome = cancellationToken.IsCancellationRequested ? "not_wanted" : "timeout";
                    throw;
                }
                finally
                {
                    _metrics.Called(purpose, outcome, _clock.GetElapsedTime(started));
                }
            }, cancellationToken);
        }
#pragma warning disable CA1031 // Whatever a foreign endpoint and its client library throw (time-outs, refusals, unreadable answers) means the same: no answer.
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            throw ModelUnavailableException.From(e);
        }
    }

    private async Task<ChatResponse> StreamAsync(IReadOnlyList<ChatMessage> messages, ChatOptions chat, CancellationToken cancellationToken)
    {
        using var idle = new CancellationTokenSource(_options.IdleTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        var pieces = new List<ChatResponseUpdate>();
        var length = 0;
        try
        {
            await foreach (var piece in _client.GetStreamingResponseAsync(messages, chat, either.Token))
            {
                idle.CancelAfter(_options.IdleTimeout);
                pieces.Add(piece);
                length += piece.Text.Length;
                if (length > LongestAnswer)
                    throw new ModelUnavailableException("The model's answer has no end.");
            }
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("The next piece of the answer did not come in time.");
        }

        // A stream that was cut between two pieces looks like a short answer, but for this.
        var response = pieces.ToChatResponse();
        return response.FinishReason is null ? throw new IOException("The answer broke off.") : response;
    }

    private static ResiliencePipeline Build(ModelOptions options, ModelMetrics metrics, TimeProvider clock)
    {
        var mayPass = new PredicateBuilder().Handle<Exception>(e => MayPass(e, options.TotalTimeout));
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = clock };
        pipeline.AddTimeout(options.TotalTimeout);
        if (options.Retries > 0)
            pipeline.AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = mayPass,
                MaxRetryAttempts = options.Retries,
                Delay = options.RetryDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                DelayGenerator = args => ValueTask.FromResult(Refusal(args.Outcome.Exception)?.RetryAfter),
            });
        // Of ten calls in half a minute half failed: it is down. For a while every question goes straight to "later", which costs the customer nothing more.
        pipeline.AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = mayPass,
            SamplingDuration = TimeSpan.FromSeconds(30),
            MinimumThroughput = 10,
            FailureRatio = 0.5,
            BreakDuration = options.RestFor,
            StateProvider = metrics.Circuit,
        });
        pipeline.AddTimeout(options.AttemptTimeout);
        return pipeline.Build();
    }

    private static bool MayPass(Exception e, TimeSpan patience) => Refusal(e) is { } refusal
        ? refusal.MayPass && (refusal.RetryAfter is null || refusal.RetryAfter < patience)
        : e is not (OperationCanceledException or BrokenCircuitException);

    private static ModelRefusedException? Refusal(Exception? e) => e as ModelRefusedException ?? (e as ClientResultException)?.InnerException as ModelRefusedException;
}
