using System.Reflection;

namespace Bookbag.Tests.Architecture;

public sealed class ReferenceTests
{
    [Theory]
    [InlineData("Bookbag.Edge")]
    [InlineData("Bookbag.Inbound")]
    [InlineData("Bookbag.Outbound")]
    public void A_service_references_no_project_but_ServiceDefaults(string service)
    {
        var references = Assembly.Load(service).GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Bookbag.", StringComparison.Ordinal));
        Assert.Equal(["Bookbag.ServiceDefaults"], references);
    }
}
