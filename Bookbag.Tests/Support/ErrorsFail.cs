using Microsoft.Extensions.Logging;

namespace Bookbag.Tests.Support;

/// <summary>An exception that a worker survives and logs fails the test that did not expect it.</summary>
internal sealed class ErrorsFail(Func<bool> expected) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (exception is not null && !expected())
            throw new InvalidOperationException(formatter(state, exception), exception);
    }

    public void Dispose()
    {
    }
}
