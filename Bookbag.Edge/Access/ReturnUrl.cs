using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.Edge.Access;

/// <summary>Where to go after signing in.</summary>
public static class ReturnUrl
{
    private const string Home = "/";

    /// <summary>The address asked for where it lies on this very site, else the home page: a link to our sign-in page leads nowhere else.</summary>
    public static string Safe(string? asked) =>
        asked is ['/', ..] && RedirectHttpResult.IsLocalUrl(asked) && !asked.Any(char.IsControl) ? asked : Home;
}
