using System.Text.Json;

namespace Bookbag.AppHost.Embedded;

/// <summary>The first profile of a project's <c>launchSettings.json</c>.</summary>
internal sealed record LaunchProfile(string Name, IReadOnlyList<Uri> Urls, IReadOnlyDictionary<string, string> Environment)
{
    public static LaunchProfile Of(string projectPath)
    {
        // {"profiles": {"http": {"commandName": "Project", "applicationUrl": "http://localhost:5080", "environmentVariables": {"A": "b"}}}}
        using var settings = JsonDocument.Parse(File.ReadAllText(Path.Combine(Path.GetDirectoryName(projectPath)!, "Properties", "launchSettings.json")));
        var profile = settings.RootElement.GetProperty("profiles").EnumerateObject()
            .First(profile => profile.Value.GetProperty("commandName").GetString() == "Project");
        var urls = profile.Value.TryGetProperty("applicationUrl", out var url) ? url.GetString()!.Split(';') : [];
        var environment = profile.Value.TryGetProperty("environmentVariables", out var variables)
            ? variables.EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!)
            : [];
        return new LaunchProfile(profile.Name, [.. urls.Select(text => new Uri(text))], environment);
    }
}
