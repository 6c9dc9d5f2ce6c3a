namespace Bookbag.Edge.Console.Shared;

/// <summary>Answers calls that come in crowds: the first at once, those that follow together, after a moment.</summary>
/// <remarks>For one component: its renderer lets nobody else in meanwhile.</remarks>
public sealed class Crowd(TimeProvider clock)
{
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(500);

    private bool _busy, _again;

    /// <summary>Does it, or has it done once more by who is doing it already.</summary>
    public async Task CallAsync(Func<Task> act, CancellationToken cancellationToken)
    {
        _again = true;
        if (_busy)
            return;
        _busy = true;
        try
        {
            while (_again && !cancellationToken.IsCancellationRequested)
            {
                _again = false;
                await act();
                await Task.Delay(Moment, clock, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
        finally
        {
            _busy = false;
        }
    }
}
