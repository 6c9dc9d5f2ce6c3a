namespace Bookbag.AppHost.Embedded;

/// <summary>The system cannot run for a reason that the person at the console can change; the message says all there is to say.</summary>
internal sealed class EngineFailure(string message) : DistributedApplicationException(message);
