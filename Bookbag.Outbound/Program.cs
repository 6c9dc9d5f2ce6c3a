using Bookbag.Outbound.Sandbox;
using Bookbag.ServiceDefaults;

// The same program is the double of Meta's Cloud API where it is started as one.
if (args is ["sandbox", .. var sandboxArgs])
    return await SandboxHost.RunAsync(sandboxArgs);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();

var app = builder.Build();
app.MapServiceDefaults();
await app.RunAsync();
return 0;
