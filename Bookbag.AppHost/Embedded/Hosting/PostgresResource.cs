using System.Net.Sockets;
using Bookbag.AppHost.Embedded;

namespace Aspire.Hosting.ApplicationModel
{
    public class PostgresServerResource : ContainerResource, IResourceWithConnectionString
    {
        internal PostgresServerResource(string name, ParameterResource password) : base(name)
        {
            PasswordParameter = password;
            PrimaryEndpoint = new EndpointReference(this, "tcp");
        }

        public EndpointReference PrimaryEndpoint { get; }

        public ParameterResource PasswordParameter { get; }

        public async ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            $"Host={PrimaryEndpoint.Host};Port={PrimaryEndpoint.Port};Username={UserName};Password={await PasswordParameter.GetValueAsync(cancellationToken)}";

        internal const string UserName = "postgres";

        IEnumerable<KeyValuePair<string, IValueProvider>> IResourceWithConnectionString.ConnectionProperties => ConnectionProperties(database: null);

        internal IEnumerable<KeyValuePair<string, IValueProvider>> ConnectionProperties(string? database)
        {
            string Address() => $"{PrimaryEndpoint.Host}:{PrimaryEndpoint.Port}{(database is null ? "" : $"/{database}")}";

            yield return new("Host", new ComputedValue(() => PrimaryEndpoint.Host));
            yield return new("Port", new ComputedValue(() => $"{PrimaryEndpoint.Port}"));
            yield return new("Username", new ComputedValue(() => UserName));
            yield return new("Password", PasswordParameter);
            yield return new("Uri", new ComputedValue(() => $"postgresql://{UserName}:{Uri.EscapeDataString(PasswordParameter.Value)}@{Address()}"));
            yield return new("JdbcConnectionString", new ComputedValue(() => $"jdbc:postgresql://{Address()}"));
            if (database is not null)
                yield return new("DatabaseName", new ComputedValue(() => database));
        }
    }

    public class PostgresDatabaseResource : Resource, IResourceWithParent<PostgresServerResource>, IResourceWithConnectionString, IResourceWithWaitSupport
    {
        internal PostgresDatabaseResource(string name, string databaseName, PostgresServerResource server) : base(name)
        {
            DatabaseName = databaseName;
            Parent = server;
        }

        public PostgresServerResource Parent { get; }

        public string DatabaseName { get; }

        public async ValueTask<string?> GetConnectionStringAsync(CancellationToken cancellationToken = default) =>
            $"{await Parent.GetConnectionStringAsync(cancellationToken)};Database={DatabaseName}";

        IEnumerable<KeyValuePair<string, IValueProvider>> IResourceWithConnectionString.ConnectionProperties => Parent.ConnectionProperties(DatabaseName);
    }
}

namespace Aspire.Hosting
{
    using Aspire.Hosting.ApplicationModel;

    public static class PostgresBuilderExtensions
    {
        public static IResourceBuilder<PostgresServerResource> AddPostgres(this IDistributedApplicationBuilder builder, string name)
        {
            var server = new PostgresServerResource(name, GeneratedPassword.Parameter(builder, name));
            return builder.AddResource(server)
                .WithAnnotation(new EndpointAnnotation(ProtocolType.Tcp, name: "tcp"))
                .WithAnnotation(new HealthCheckAnnotation($"{name}_check"));
        }

        public static IResourceBuilder<PostgresDatabaseResource> AddDatabase(
            this IResourceBuilder<PostgresServerResource> builder, string name, string? databaseName = null) =>
            builder.ApplicationBuilder
                .AddResource(new PostgresDatabaseResource(name, databaseName ?? name, builder.Resource))
                .WithAnnotation(new HealthCheckAnnotation($"{name}_check"));

        /// <summary>Keeps the data between runs, which the embedded engine does anyway.</summary>
        public static IResourceBuilder<PostgresServerResource> WithDataVolume(this IResourceBuilder<PostgresServerResource> builder) => builder;
    }
}
