using Bookbag.Edge.Access;
using Bookbag.Edge.Clients;
using Bookbag.Edge.Console;
using Bookbag.Edge.Gateway;
using Bookbag.ServiceDefaults;
using Bookbag.ServiceDefaults.Http;
using Bookbag.ServiceDefaults.Security;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddBookbagAuthentication();
builder.AddServerLimits();
builder.AddTrustedProxies();
builder.AddRefusals();
builder.AddRateLimits();
builder.AddGateway();
builder.AddAccess();
builder.AddConsole();

var app = builder.Build();
app.UseForwardedHeaders();
app.UseSecurityHeaders(app.Environment);
app.UseRouting(); // webhooks leave here, straight to the proxy, which says by itself what it refuses
app.UseProblems();
app.UseUnmatchedRefusals();
app.UseCrossOriginGuard();
app.UseAuthentication();
app.UseCircuitSessions();
app.UseAuthorization();
app.UseRateLimiter();
app.UseAntiforgery();

app.MapHealth();
app.MapGateway();
app.MapApiReference();
app.MapAccess();
app.MapConsole();
app.Run();
