using Aspire.Hosting.ApplicationModel;

namespace Bookbag.AppHost.Embedded;

/// <summary>The password of a server that was given none: random, made once for a data directory.</summary>
internal static class GeneratedPassword
{
    public static ParameterResource Parameter(IDistributedApplicationBuilder builder, string resourceName)
    {
        var name = $"{resourceName}-password";
        return new ParameterResource(name, () => ((DistributedApplicationBuilder)builder).Data.Secret(name), secret: true);
    }
}
