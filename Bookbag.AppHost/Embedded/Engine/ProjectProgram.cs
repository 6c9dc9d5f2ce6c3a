using Aspire.Hosting.ApplicationModel;

namespace Bookbag.AppHost.Embedded;

/// <summary>Runs one replica of a project: the program that was built, with the environment that Aspire would give it.</summary>
internal sealed class ProjectProgram(ProjectResource resource, string resourceId, int replica, DistributedApplicationExecutionContext execution) : EngineProgram
{
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };

    /// <summary>What the program was last started with, beside what it inherits.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; private set; } = new Dictionary<string, string?>();

    public override string Url => Endpoints.Select(Address).FirstOrDefault() ?? "";

    private IEnumerable<EndpointAnnotation> Endpoints => resource.Annotations.OfType<EndpointAnnotation>();

    public override async Task<ProgramStart> PrepareAsync(CancellationToken cancellationToken)
    {
        var project = resource.Annotations.OfType<IProjectMetadata>().Last().ProjectPath;
        var program = ProgramStart.OfAssembly(BuiltProjects.AssemblyOf(project), await ArgumentsAsync(cancellationToken));
        Environment = await EnvironmentAsync(cancellationToken);
        return program with
        {
            WorkingDirectory = Path.GetDirectoryName(project),
            Environment = program.Environment.Concat(Environment).ToDictionary(),
        };
    }

    public override async Task<bool> IsWellAsync(CancellationToken cancellationToken)
    {
        foreach (var check in resource.Annotations.OfType<HttpHealthCheckAnnotation>())
        {
            var endpoint = Endpoints.First(endpoint => endpoint.Name == check.EndpointName);
            try
            {
                using var response = await Client.GetAsync(new Uri(new Uri(Address(endpoint)), check.Path), cancellationToken);
                if ((int)response.StatusCode != check.StatusCode)
                    return false;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                return false;
            }
        }

        return true;
    }

    private string Address(EndpointAnnotation endpoint) => $"{endpoint.UriScheme}://localhost:{endpoint.ReplicaPorts[replica]}";

    private async Task<string[]> ArgumentsAsync(CancellationToken cancellationToken)
    {
        var context = new CommandLineArgsCallbackContext([], cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<CommandLineArgsCallbackAnnotation>())
            await annotation.Callback(context);
        return [.. context.Args.Select(argument => $"{argument}")];
    }

    private async Task<Dictionary<string, string?>> EnvironmentAsync(CancellationToken cancellationToken)
    {
        var context = new EnvironmentCallbackContext(execution, resource, cancellationToken: cancellationToken);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);

        var environment = new Dictionary<string, string?> { ["ASPNETCORE_URLS"] = string.Join(';', Endpoints.Select(Address)) };
        foreach (var (name, value) in context.EnvironmentVariables)
            environment[name] = value is IValueProvider later ? await later.GetValueAsync(cancellationToken) : $"{value}";
        OpenTelemetryEnvironment.AddInstance(environment, resourceId);
        return environment;
    }
}
