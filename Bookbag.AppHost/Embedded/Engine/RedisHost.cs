using System.Runtime.InteropServices;
using Garnet;

namespace Bookbag.AppHost.Embedded;

/// <summary>The Redis server: Garnet, in a process of its own, which is this program started a second time.</summary>
internal static class RedisHost
{
    public const string Argument = "--be-the-redis-server";
    public const string OptionsVariable = "BOOKBAG_REDIS_OPTIONS";

    public static bool IsAskedFor(string[] args) => args is [Argument];

    /// <summary>Serves until it is told to stop, or until the engine is gone.</summary>
    public static void RunAndExit()
    {
        // By the environment, because everybody on the machine can read arguments and the password is among the options.
        using var server = new GarnetServer(Environment.GetEnvironmentVariable(OptionsVariable)!.Split('\n'));
        server.Start();

        using var stopped = new ManualResetEventSlim();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        // Where the kernel does not tell of the engine's death, the end of the input does.
        new Thread(StopAtEndOfInput) { IsBackground = true }.Start();

        stopped.Wait();
        server.Dispose();
        Environment.Exit(0);

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopped.Set();
        }

        void StopAtEndOfInput()
        {
            while (Console.In.Read() >= 0)
            {
            }

            stopped.Set();
        }
    }
}
