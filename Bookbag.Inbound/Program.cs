using Bookbag.Inbound;
using Bookbag.Inbound.Agents;
using Bookbag.Inbound.FirstStart;
using Bookbag.Inbound.Workspaces;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBookbagAuthentication();
builder.AddSchema<InboundDb>(InboundDb.Schema);
builder.AddFirstStart();
builder.Services.AddValidation();

var app = builder.Build();
app.MapServiceDefaults();
app.MapAgents();
app.MapWorkspace();
app.Run();
