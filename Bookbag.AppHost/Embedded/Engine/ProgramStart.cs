using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Bookbag.AppHost.Embedded;

/// <summary>How a program is started: its file, arguments, environment, and under which account.</summary>
internal sealed record ProgramStart(string FileName, IReadOnlyList<string> Arguments)
{
    private static readonly string? SetSid = OperatingSystem.IsLinux() ? SearchPath.Find("setsid") : null;
    private static readonly string? SetPriv = OperatingSystem.IsLinux() ? SearchPath.Find("setpriv") : null;

    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    public string? WorkingDirectory { get; init; }

    /// <summary>Null for the engine's own.</summary>
    public ServerAccount? Account { get; init; }

    /// <summary>What the kernel sends it when the engine is gone without a word.</summary>
    public Signal SignalWhenOrphaned { get; init; } = Signal.Kill;

    /// <summary>A program that .NET built: its own executable, or where there is none the assembly by the runtime's host.</summary>
    public static ProgramStart OfAssembly(string assembly, params IReadOnlyList<string> arguments)
    {
        var executable = Path.ChangeExtension(assembly, OperatingSystem.IsWindows() ? ".exe" : null);
        // <root>/shared/Microsoft.NETCore.App/10.0.0/
        var dotnetRoot = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", ".."));
        var start = File.Exists(executable)
            ? new ProgramStart(executable, arguments)
            : new ProgramStart(Path.Combine(dotnetRoot, OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"), [assembly, .. arguments]);
        return start with { Environment = new Dictionary<string, string?> { ["DOTNET_ROOT"] = dotnetRoot } };
    }

    public ProcessStartInfo ToStartInfo()
    {
        List<string> command = [FileName, .. Arguments];
        if (SetPriv is not null)
        {
            List<string> account = Account is null ? [] : [$"--reuid={Account.UserId}", $"--regid={Account.GroupId}", "--clear-groups"];
            command.InsertRange(0, [SetPriv, .. account, "--pdeathsig", SignalWhenOrphaned is Signal.Kill ? "KILL" : "INT", "--"]);
        }
        else if (Account is not null)
        {
            throw new EngineFailure("Postgres does not run as root, and `setpriv`, which would start it as another user, is not installed: install util-linux, or run as another user.");
        }

        // A Ctrl-C at the terminal is for the engine alone, which then stops everything in order.
        if (SetSid is not null)
            command.Insert(0, SetSid);

        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = WorkingDirectory ?? "",
        };
        foreach (var (name, value) in Environment)
        {
            if (value is null)
                start.Environment.Remove(name);
            else
                start.Environment[name] = value;
        }

        return start;
    }
}
