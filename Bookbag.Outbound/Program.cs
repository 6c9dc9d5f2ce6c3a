using Bookbag.Outbound;
using Bookbag.Outbound.Campaigns;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Contacts.Imports;
using Bookbag.Outbound.DeliveryEvents;
using Bookbag.Outbound.MessagingLimits;
using Bookbag.Outbound.Sandbox;
using Bookbag.Outbound.Sending;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.ServiceDefaults.Security;

// Started with the argument "sandbox", the same program is the double of Meta's Cloud API.
if (args is ["sandbox", .. var sandboxArgs])
    return await SandboxHost.RunAsync(sandboxArgs);

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBookbagAuthentication();
builder.AddSchema<OutboundDb>(OutboundDb.Schema);
builder.Services.AddRequestValidation();
builder.AddApiDescription("Bookbag: contacts, templates, campaigns, messaging limit");
builder.AddMessagingLimits();
builder.AddContacts();
builder.AddImports();
builder.AddTemplates();
builder.AddSending();

var app = builder.Build();
app.MapServiceDefaults();
app.MapApiDescription();
app.MapUsage();
app.MapContacts();
app.MapChatbotContacts();
app.MapImports();
app.MapTemplates();
app.MapCampaigns();
app.MapSendingSettings();
app.MapParkedStatuses();
app.MapSingleSends();
await app.RunAsync();
return 0;
