using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Mvc;

namespace Bookbag.Edge.Access;

/// <summary>Signing in and out.</summary>
public static class AccessExtensions
{
    public static WebApplicationBuilder AddAccess(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<SignInThrottle>();
        builder.Services.AddScoped<Door>();
        builder.Services.AddAntiforgery(antiforgery =>
        {
            antiforgery.Cookie = builder.Environment.IsDevelopment() ? new CookieBuilder { Name = "bookbag-form" } : new SecureCookie { Name = "__Host-bookbag-form" };
            antiforgery.Cookie.HttpOnly = true;
            antiforgery.Cookie.SameSite = SameSiteMode.Strict;
            antiforgery.Cookie.Path = "/";
            // The Edge's own header is stricter: no frame at all, not even of ours.
            antiforgery.SuppressXFrameOptionsHeader = true;
        });
        return builder;
    }

    public static void MapAccess(this IEndpointRouteBuilder app) => app.MapPost("/signout", SignOutAsync);

    // The form field is what makes the endpoint ask for the antiforgery token.
    private static async Task<RedirectHttpResult> SignOutAsync([FromForm] string? returnUrl, SignInManager<Member> signIn)
    {
        await signIn.SignOutAsync();
        return TypedResults.LocalRedirect(ReturnUrl.Safe(returnUrl));
    }

    /// <summary>Sent back over TLS only, also where a proxy in front ends it: <c>CookieSecurePolicy.Always</c> would refuse to make the form there.</summary>
    private sealed class SecureCookie : CookieBuilder
    {
        public override CookieOptions Build(HttpContext context, DateTimeOffset expiresFrom)
        {
            var options = base.Build(context, expiresFrom);
            options.Secure = true;
            return options;
        }
    }
}
