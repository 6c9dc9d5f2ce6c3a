using System.Reflection;
using System.Runtime.ExceptionServices;
using Aspire.Hosting.Testing;

namespace Bookbag.AppHost.Embedded;

/// <summary>One reading of <c>AppHost.cs</c> by a test: its program is run as far as <c>Build()</c>.</summary>
internal sealed class EntryPointRun
{
    private static readonly AsyncLocal<EntryPointRun?> Running = new();
    private DistributedApplicationBuilder? _builder;

    /// <summary>The test that runs the program in this flow of control; null on the console.</summary>
    public static EntryPointRun? Current => Running.Value;

    public static Task<IDistributedApplicationTestingBuilder> ReadModelAsync(Assembly appHost, string[] args, CancellationToken cancellationToken) =>
        Task.Run<IDistributedApplicationTestingBuilder>(() =>
        {
            var run = new EntryPointRun();
            Running.Value = run;
            var main = appHost.EntryPoint ?? throw new DistributedApplicationException($"{appHost.GetName().Name} has no entry point.");
            try
            {
                main.Invoke(null, [args]);
            }
            catch (TargetInvocationException e) when (e.InnerException is ModelRead)
            {
            }
            catch (TargetInvocationException e) when (e.InnerException is { } failure)
            {
                ExceptionDispatchInfo.Throw(failure);
            }

            return run._builder ?? throw new DistributedApplicationException("The app host did not build its model.");
        }, cancellationToken);

    /// <summary>What <c>Build()</c> throws to end the program.</summary>
    public Exception ModelIsRead(DistributedApplicationBuilder builder)
    {
        _builder = builder;
        return new ModelRead();
    }

    private sealed class ModelRead : Exception;
}
