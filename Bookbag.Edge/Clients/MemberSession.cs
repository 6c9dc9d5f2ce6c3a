using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using Microsoft.Net.Http.Headers;

namespace Bookbag.Edge.Clients;

/// <summary>The signed-in member of a circuit, and what proves it to the services: the cookie with which the browser opened the circuit.</summary>
/// <remarks>
/// A circuit outlives the request that opened it, and its cookie does not renew itself. So the browser is asked to show the present one when the member comes
/// back to the tab, and when a service says that the session has ended. The cookie is in memory only, and never logged.
/// </remarks>
public sealed class MemberSession(AuthenticationStateProvider authentication, SessionTickets tickets)
{
    private string? _cookie;

    /// <summary>Who is signed in.</summary>
    public Caller Caller { get; private set; } = null!; // set by BeginAsync, which the layout awaits before it shows any page

    /// <summary>Whether services no longer accept the session.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>The session ended, or goes on.</summary>
    public event Action? Changed;

    /// <summary>Takes over what the browser opened the circuit with.</summary>
    public async Task BeginAsync()
    {
        var user = (await authentication.GetAuthenticationStateAsync()).User;
        Caller = user.FindCaller() ?? throw new InvalidOperationException("The circuit was opened by nobody.");
        _cookie = SessionEndpoints.CookieOf(user);
    }

    /// <summary>Adds the credentials to a request to a service.</summary>
    public void Prove(HttpRequestMessage request)
    {
        if (_cookie is not null)
            request.Headers.TryAddWithoutValidation(HeaderNames.Cookie, _cookie);
    }

    /// <summary>A service said that nobody is signed in.</summary>
    public void End()
    {
        if (HasEnded)
            return;
        (HasEnded, _cookie) = (true, null);
        Changed?.Invoke();
    }

    /// <summary>Lets the browser show the cookie that it has now: prolonged, or of a new sign-in in another tab.</summary>
    public async Task RenewAsync(IJSRuntime browser)
    {
        var ticket = tickets.Issue(Caller.ActorId, cookie => _cookie = cookie);
        int status;
        try
        {
            status = await browser.InvokeAsync<int>("bookbag.showSession", ticket);
        }
        finally
        {
            tickets.Forget(ticket);
        }

        // Anything else says nothing: the server may be away for a moment.
        bool? ended = status switch { 204 => false, 401 or 403 or 404 => true, _ => null };
        if (ended is null || ended == HasEnded)
            return;
        HasEnded = ended.Value;
        // Who signed out in the browser is signed out here too, although services might accept the cookie for hours.
        if (HasEnded)
            _cookie = null;
        Changed?.Invoke();
    }
}
