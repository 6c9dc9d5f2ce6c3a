using System.Net.Sockets;
using Bookbag.AppHost.Embedded;

namespace Aspire.Hosting.ApplicationModel
{
    /// <summary>A .NET project of this solution.</summary>
    public class ProjectResource(string name) : Resource(name),
        IResourceWithEnvironment, IResourceWithArgs, IResourceWithServiceDiscovery, IResourceWithWaitSupport;
}

namespace Aspire.Hosting
{
    using Aspire.Hosting.ApplicationModel;

    /// <summary>Where a project is; one class for each is made at build time, in the namespace <c>Projects</c>.</summary>
    public interface IProjectMetadata : IResourceAnnotation
    {
        string ProjectPath { get; }
    }

    public static class ProjectResourceBuilderExtensions
    {
        public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
            where TProject : IProjectMetadata, new()
        {
            var project = new TProject();
            var profile = LaunchProfile.Of(project.ProjectPath);
            var resource = builder.AddResource(new ProjectResource(name)).WithAnnotation<IProjectMetadata>(project);

            foreach (var url in profile.Urls)
                resource.WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, url.Scheme, name: url.Scheme, port: url.Port));

            return resource.WithEnvironment(context =>
            {
                context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", profile.Name);
                foreach (var (variable, value) in profile.Environment)
                    context.EnvironmentVariables.TryAdd(variable, value);
                context.EnvironmentVariables.TryAdd("LOGGING__CONSOLE__FORMATTERNAME", "simple");
                context.EnvironmentVariables.TryAdd("DOTNET_SYSTEM_CONSOLE_ALLOW_ANSI_COLOR_REDIRECTION", "true");
                OpenTelemetryEnvironment.Add(context.EnvironmentVariables, builder.Configuration, name);
            });
        }

        public static IResourceBuilder<ProjectResource> WithReplicas(this IResourceBuilder<ProjectResource> builder, int replicas) =>
            builder.WithAnnotation(new ReplicaAnnotation(replicas), ResourceAnnotationMutationBehavior.Replace);
    }
}
