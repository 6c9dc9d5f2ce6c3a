using Bookbag.ServiceDefaults.Platform;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Bookbag.ServiceDefaults.Security;

/// <summary>Sign-in for people (cookie) and programs (API key), the same in every service.</summary>
public static class AuthenticationExtensions
{
    private const string EitherScheme = "Bookbag";

    // Nobody types this often by accident, and a guesser gets 20 tries an hour.
    private const int SignInAttempts = 5;
    private static readonly TimeSpan Lockout = TimeSpan.FromMinutes(15);

    /// <summary>Adds the cookie and the API key, the roles' policies, <see cref="Caller"/> for handlers, and a fallback policy that lets nobody in unknown.</summary>
    public static IHostApplicationBuilder AddBookbagAuthentication(this IHostApplicationBuilder builder)
    {
        builder.AddPlatform();
        builder.AddMembers();
        builder.AddPolicies();
        builder.Services.AddScoped(services => services.GetRequiredService<IHttpContextAccessor>().HttpContext?.GetCaller()
            ?? throw new InvalidOperationException("There is no caller outside a request."));

        builder.Services.AddAuthentication(EitherScheme)
            .AddPolicyScheme(EitherScheme, null, scheme => scheme.ForwardDefaultSelector =
                context => ApiKeyHandler.Reads(context.Request) ? ApiKeyHandler.SchemeName : IdentityConstants.ApplicationScheme)
            .AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null)
            .AddCookie(IdentityConstants.ApplicationScheme, cookie => Configure(cookie, builder.Environment.IsDevelopment()))
            // Never given out: Identity takes it back together with a cookie whose member is gone, and fails where the scheme is unknown.
            .AddCookie(IdentityConstants.TwoFactorRememberMeScheme);
        return builder;
    }

    private static void AddMembers(this IHostApplicationBuilder builder)
    {
        builder.Services.AddIdentityCore<Member>(identity =>
            {
                identity.User.RequireUniqueEmail = true;
                // Length is what makes a password strong; rules of composition make it predictable.
                identity.Password.RequiredLength = 12;
                identity.Password.RequiredUniqueChars = 5;
                identity.Password.RequireDigit = identity.Password.RequireLowercase = false;
                identity.Password.RequireUppercase = identity.Password.RequireNonAlphanumeric = false;
                identity.Lockout.MaxFailedAccessAttempts = SignInAttempts;
                identity.Lockout.DefaultLockoutTimeSpan = Lockout;
            })
            .AddUserStore<MemberStore>()
            .AddClaimsPrincipalFactory<MemberClaims>()
            .AddSignInManager();

        // How long a cookie may outlive a new role, a new password or the member itself.
        builder.Services.Configure<SecurityStampValidatorOptions>(stamp => stamp.ValidationInterval = TimeSpan.FromMinutes(1));
    }

    private static void AddPolicies(this IHostApplicationBuilder builder)
    {
        var policies = builder.Services.AddAuthorizationBuilder()
            .SetDefaultPolicy(AtLeast(Role.Viewer))
            .SetFallbackPolicy(AtLeast(Role.Viewer))
            .AddPolicy(Policies.WholeWorkspace, policy => policy.RequireAssertion(context => context.User.FindCaller() is { AgentId: null }));
        foreach (var role in Enum.GetValues<Role>())
            policies.AddPolicy(role.ToString(), AtLeast(role));
    }

    private static AuthorizationPolicy AtLeast(Role role) => new AuthorizationPolicyBuilder()
        .RequireAuthenticatedUser()
        .RequireAssertion(context => context.User.FindCaller() is { } caller && caller.Role >= role)
        .Build();

    private static void Configure(CookieAuthenticationOptions options, bool development)
    {
        // __Host-: only over TLS, only for this very host, for all of its paths. Development is plain HTTP on localhost.
        options.Cookie.Name = development ? "bookbag" : "__Host-bookbag";
        options.Cookie.SecurePolicy = development ? CookieSecurePolicy.SameAsRequest : CookieSecurePolicy.Always;
        options.Cookie.SameSite = SameSiteMode.Lax;
        options.Cookie.HttpOnly = true;
        options.Cookie.Path = "/";
        options.ExpireTimeSpan = TimeSpan.FromHours(12);
        options.SlidingExpiration = true;
        options.LoginPath = "/signin";
        options.Events.OnValidatePrincipal = SecurityStampValidator.ValidatePrincipalAsync;

        // A person who opened a page is sent to sign in; everything else is told plainly.
        var toSignIn = options.Events.OnRedirectToLogin;
        options.Events.OnRedirectToLogin = context => IsPage(context.Request) ? toSignIn(context) : Refuse(context, StatusCodes.Status401Unauthorized);
        options.Events.OnRedirectToAccessDenied = context => Refuse(context, StatusCodes.Status403Forbidden);
    }

    private static bool IsPage(HttpRequest request) => HttpMethods.IsGet(request.Method)
        && !request.Path.StartsWithSegments("/api")
        && request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal);

    // Without a body: the status code pages write the problem details.
    private static Task Refuse(RedirectContext<CookieAuthenticationOptions> context, int status)
    {
        context.Response.StatusCode = status;
        if (status == StatusCodes.Status401Unauthorized)
            context.Response.Headers.WWWAuthenticate = ApiKeyHandler.Challenge;
        return Task.CompletedTask;
    }
}
