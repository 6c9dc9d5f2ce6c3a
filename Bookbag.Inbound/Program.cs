using Bookbag.Inbound;
using Bookbag.Inbound.Agents;
using Bookbag.Inbound.FirstStart;
using Bookbag.Inbound.Webhooks;
using Bookbag.Inbound.Workspaces;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Platform;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBookbagAuthentication();
builder.AddSchema<InboundDb>(InboundDb.Schema);
builder.AddChannelDirectory();
builder.AddFirstStart();
builder.AddWebhooks();
builder.Services.AddValidation();

var app = builder.Build();
app.MapServiceDefaults();
app.MapAgents();
app.MapWebhooks();
app.MapWorkspace();
app.Run();
