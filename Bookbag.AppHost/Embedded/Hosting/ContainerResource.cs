namespace Aspire.Hosting.ApplicationModel;

/// <summary>A server that Aspire runs in a container, and the embedded engine as a process.</summary>
public class ContainerResource(string name) : Resource(name), IResourceWithEnvironment, IResourceWithArgs, IResourceWithEndpoints, IResourceWithWaitSupport;
