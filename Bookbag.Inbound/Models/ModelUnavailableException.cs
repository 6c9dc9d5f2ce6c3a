using System.ClientModel;
using Polly.CircuitBreaker;
using Polly.Timeout;

namespace Bookbag.Inbound.Models;

/// <summary>The model gave no usable answer: it is down, slow, over quota, or says nonsense. The message is for the team, and has nothing of the conversation in it.</summary>
public sealed class ModelUnavailableException(string reason, Exception? inner = null) : Exception(reason, inner)
{
    /// <summary>What a failed call means, in words.</summary>
    internal static ModelUnavailableException From(Exception failure)
    {
        var cause = failure;
        while (cause is ClientResultException && cause.InnerException is { } inner)
            cause = inner;
        // Of all others the type only: messages of client libraries quote what the endpoint answered.
        return new(cause switch
        {
            ModelUnavailableException said => said.Message,
            ModelRefusedException { Status: 401 or 403 } refused => $"The model's endpoint does not take the key ({refused.Status}): see Model:ApiKey.",
            ModelRefusedException { Status: 404 } => "The model's endpoint does not know the model (404): see Model:Endpoint and Model:Name.",
            ModelRefusedException { Status: 429 } => "The model is over its quota (429).",
            ModelRefusedException refused => $"The model's endpoint answered {refused.Status}.",
            TimeoutRejectedException or TimeoutException or OperationCanceledException => "The model did not answer in time.",
            BrokenCircuitException => "The model failed too often just now and is left alone for a moment.",
            HttpRequestException or ClientResultException => "The model cannot be reached.",
            IOException => "The model's answer broke off.",
            _ => $"The model's answer cannot be read ({cause.GetType().Name}).",
        }, failure);
    }
}

/// <summary>The endpoint answered with another status than 200. What it said besides stays there: it may quote the conversation.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="retryAfter">How long it wants to be left alone, where it says so.</param>
/// <param name="filtered">Whether it is its content filter that refuses.</param>
internal sealed class ModelRefusedException(int status, TimeSpan? retryAfter, bool filtered) : Exception($"The endpoint answered {status}.")
{
    public int Status => status;

    public TimeSpan? RetryAfter => retryAfter;

    public bool IsFiltered => filtered;

    /// <summary>Whether it may answer otherwise in a moment.</summary>
    public bool MayPass => status is 408 or 409 or 425 or 429 or >= 500;
}
