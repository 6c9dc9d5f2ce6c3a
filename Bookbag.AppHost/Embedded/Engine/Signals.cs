using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bookbag.AppHost.Embedded;

internal enum Signal
{
    Interrupt = 2,
    Quit = 3,
    Kill = 9,
    Terminate = 15,
}

internal static class Signals
{
    public static void Send(Process process, Signal signal)
    {
        try
        {
            if (OperatingSystem.IsWindows() || signal is Signal.Kill)
                process.Kill(entireProcessTree: true);
            else
                _ = Send(process.Id, (int)signal);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int processId, int signal);
}
