using System.Collections.Concurrent;
using Aspire.Hosting.ApplicationModel;

namespace Bookbag.AppHost.Embedded;

/// <summary>Writes what the resources say to the console, each line behind its resource's name.</summary>
internal sealed class ConsoleLog
{
    private const int NameWidth = 10;
    private static readonly int[] Colours = [36, 33, 32, 35, 34, 96, 93, 92, 95, 94];
    private static readonly bool InColour = !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    private readonly ConcurrentDictionary<string, int> _colours = new();

    public void Write(string resourceId, LogLine line)
    {
        var prefix = $"{resourceId.PadRight(NameWidth)} | ";
        if (InColour)
            Console.WriteLine($"\e[{_colours.GetOrAdd(resourceId, _ => Colours[_colours.Count % Colours.Length])}m{prefix}\e[0m{line.Content}");
        else
            Console.WriteLine(prefix + AnsiText.Strip(line.Content));
    }
}
