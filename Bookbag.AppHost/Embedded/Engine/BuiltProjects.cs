using System.Reflection;

namespace Bookbag.AppHost.Embedded;

/// <summary>Where the projects are and what they built, as <c>Projects.targets</c> wrote it down.</summary>
internal static class BuiltProjects
{
    private static readonly Dictionary<string, string> Facts = typeof(BuiltProjects).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .Where(fact => fact.Value is not null)
        .ToDictionary(fact => fact.Key, fact => fact.Value!);

    public static string AppHostDirectory => Facts["AppHostDirectory"];

    /// <summary>The assembly that a project was built into.</summary>
    public static string AssemblyOf(string projectPath) =>
        Facts.TryGetValue(projectPath, out var assembly) && File.Exists(assembly)
            ? assembly
            : throw new EngineFailure($"{Path.GetFileNameWithoutExtension(projectPath)} is not built: run `dotnet build` first.");
}
