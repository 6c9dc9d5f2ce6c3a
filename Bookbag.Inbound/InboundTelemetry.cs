using System.Diagnostics;

namespace Bookbag.Inbound;

/// <summary>The one source of traces of this service; meters are made under the same name.</summary>
public static class InboundTelemetry
{
    public const string Name = "Bookbag.Inbound";

    public static readonly ActivitySource Source = new(Name);
}
