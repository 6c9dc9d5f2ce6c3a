// The deployment diagram: what runs, what each part is given, and who waits for whom. Aspire's engine and the embedded one both run it.
var builder = DistributedApplication.CreateBuilder(args);

// The truth.
var postgres = builder.AddPostgres("postgres");
var bookbag = postgres.AddDatabase("bookbag");
if (builder.Configuration["Data"] != "throw-away") // as tests ask
    postgres.WithDataVolume();

// Only what can be rebuilt.
var redis = builder.AddRedis("redis");

var inbound = builder.AddProject<Projects.Bookbag_Inbound>("inbound")
    .WithReference(bookbag).WaitFor(bookbag)
    .WithReference(redis).WaitFor(redis)
    .WithReplicas(Number("Replicas:inbound", otherwise: 1))
    .WithHttpHealthCheck("/health");

var outbound = builder.AddProject<Projects.Bookbag_Outbound>("outbound")
    .WithReference(bookbag).WaitFor(bookbag)
    .WithReference(redis).WaitFor(redis)
    .WithReplicas(Number("Replicas:outbound", otherwise: 1))
    .WithHttpHealthCheck("/health");

// Templates that people send from conversations. It does not wait for it: everything else works without.
inbound.WithReference(outbound);

// The one public door. It checks sign-ins and keys itself, hence the database.
var edge = builder.AddProject<Projects.Bookbag_Edge>("edge")
    .WithReference(bookbag).WaitFor(bookbag)
    .WithReference(redis).WaitFor(redis)
    .WithReference(inbound).WaitFor(inbound)
    .WithReference(outbound).WaitFor(outbound)
    .WithHttpHealthCheck("/health")
    .WithExternalHttpEndpoints();

// The first start makes up what is not set here, and prints it once.
foreach (var (parameter, variable, secret) in new[]
{
    ("admin-email", "FirstStart__AdminEmail", false),
    ("admin-password", "FirstStart__AdminPassword", true),
    ("api-key", "FirstStart__ApiKey", true),
})
{
    if (builder.Configuration[$"Parameters:{parameter}"] is not null)
        inbound.WithEnvironment(variable, builder.AddParameter(parameter, secret));
}

if (builder.ExecutionContext.IsRunMode)
{
    edge.WithEndpoint("http", endpoint => endpoint.Port = Number("BOOKBAG_EDGE_PORT", otherwise: 5080));

    // Stands in for Meta. Its webhooks come in by the door like Meta's, and the services find it by its name.
    var sandbox = builder.AddProject<Projects.Bookbag_Outbound>("sandbox")
        .WithArgs("sandbox")
        .WithReference(bookbag).WaitFor(bookbag) // the keys that open its control API
        .WithReference(edge)
        .WithHttpHealthCheck("/health");
    inbound.WithReference(sandbox);
    outbound.WithReference(sandbox);
    edge.WithReference(sandbox);
}

builder.Build().Run();

int Number(string name, int otherwise) => int.TryParse(builder.Configuration[name], out var number) ? number : otherwise;
