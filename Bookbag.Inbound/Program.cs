using Bookbag.Inbound;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBookbagAuthentication();
builder.AddSchema<InboundDb>(InboundDb.Schema);

var app = builder.Build();
app.MapServiceDefaults();
app.Run();
