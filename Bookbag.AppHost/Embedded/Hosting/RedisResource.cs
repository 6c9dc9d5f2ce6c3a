using System.Net.Sockets;
using Bookbag.AppHost.Embedded;

namespace Aspire.Hosting.ApplicationModel
{
    public class RedisResource : ContainerResource, IResourceWithConnectionString
    {
        internal RedisResource(string name, ParameterResource password) : base(name)
        {
            PasswordParameter = password;
            PrimaryEndpoint = new EndpointReference(this, "tcp");
        }

        public EndpointReference PrimaryEndpoint { get; }

        public ParameterResource? PasswordParameter { get; }

        public async ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            $"{PrimaryEndpoint.Host}:{PrimaryEndpoint.Port},password={await PasswordParameter!.GetValueAsync(cancellationToken)}"; // the constructor sets it

        IEnumerable<KeyValuePair<string, IValueProvider>> IResourceWithConnectionString.ConnectionProperties =>
        [
            new("Host", new ComputedValue(() => PrimaryEndpoint.Host)),
            new("Port", new ComputedValue(() => $"{PrimaryEndpoint.Port}")),
            new("Password", PasswordParameter!), // the constructor sets it
            new("Uri", new ComputedValue(() => $"redis://:{Uri.EscapeDataString(PasswordParameter!.Value)}@{PrimaryEndpoint.Host}:{PrimaryEndpoint.Port}")),
        ];
    }
}

namespace Aspire.Hosting
{
    using Aspire.Hosting.ApplicationModel;

    public static class RedisBuilderExtensions
    {
        public static IResourceBuilder<RedisResource> AddRedis(this IDistributedApplicationBuilder builder, string name)
        {
            var server = new RedisResource(name, GeneratedPassword.Parameter(builder, name));
            return builder.AddResource(server)
                .WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, name: "tcp"))
                .WithAnnotation(new HealthCheckAnnotation($"{name}_check"));
        }
    }
}
