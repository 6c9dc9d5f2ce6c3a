using System.Diagnostics;
using Microsoft.Playwright;

namespace Bookbag.Tests.Browser;

/// <summary>The browser of the tests: the machine's own Chromium or Chrome, else one that is installed now.</summary>
internal static class Chromium
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];

    private static readonly string[] Quiet =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    ];

    public static async Task<IBrowser> LaunchAsync(IPlaywright playwright) =>
        await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { Headless = true, ExecutablePath = Find() ?? Install(), Args = Quiet });

    private static string? Find() =>
        (from folder in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
         from name in Names
         from path in new[] { Path.Combine(folder, name), Path.Combine(folder, name + ".exe") }
         where File.Exists(path)
         select path).FirstOrDefault();

    /// <summary>By the machine's package manager where that is allowed, else by Playwright, which then knows where it is.</summary>
    private static string? Install()
    {
        if (OperatingSystem.IsLinux() && Environment.UserName == "root" && File.Exists("/usr/bin/apt-get"))
        {
            Run("apt-get", "update -qq");
            Run("apt-get", "install -y -qq --no-install-recommends chromium");
            if (Find() is { } installed)
                return installed;
        }

        return Microsoft.Playwright.Program.Main(["install", "chromium"]) == 0
            ? null
            : throw new InvalidOperationException("There is no Chromium, and it could not be installed: install it, so that it is in PATH.");
    }

    private static void Run(string program, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { Environment = { ["DEBIAN_FRONTEND"] = "noninteractive" }, RedirectStandardOutput = true })!; // not null: no shell is used
        process.StandardOutput.ReadToEnd();
        process.WaitForExit();
    }
}
