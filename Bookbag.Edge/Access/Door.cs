using System.Globalization;
using Bookbag.ServiceDefaults.ActivityLog;
using Bookbag.ServiceDefaults.Security;
using Microsoft.AspNetCore.Identity;

namespace Bookbag.Edge.Access;

/// <summary>Lets members in by e-mail address and password.</summary>
public sealed class Door(
    SignInManager<Member> signIn, UserManager<Member> members, IPasswordHasher<Member> hasher, SignInThrottle throttle, ActivityWriter activity, TimeProvider clock)
{
    /// <summary>Says the same, in the same time, for an address nobody has, a wrong password and a locked account.</summary>
    public async Task<SignInOutcome> SignInAsync(HttpContext context, string email, string password)
    {
        if (throttle.SecondsToWait(context, email) is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return SignInOutcome.TooManyAttempts;
        }

        var outcome = await CheckAsync(email, password);
        await activity.WriteOfMemberAsync(members.NormalizeEmail(email), outcome == SignInOutcome.SignedIn ? "member.signed_in" : "member.sign_in_refused", CancellationToken.None);
        return outcome;
    }

    private async Task<SignInOutcome> CheckAsync(string email, string password)
    {
        var member = await members.FindByEmailAsync(email);
        if (member is null || await members.IsLockedOutAsync(member))
        {
            // What checking a password costs, so that the answer's time does not tell whether there was one to check.
            hasher.HashPassword(member ?? Member.Invite(Guid.Empty, email, Role.Viewer, clock.GetUtcNow()), password);
            return SignInOutcome.Refused;
        }

        var result = await signIn.PasswordSignInAsync(member, password, isPersistent: false, lockoutOnFailure: true);
        return result.Succeeded ? SignInOutcome.SignedIn : SignInOutcome.Refused;
    }

    /// <summary>Gives the signed-in member another password; null when done, else why not. Other sessions of the member end within a minute.</summary>
    public async Task<string?> ChangePasswordAsync(HttpContext context, string current, string next)
    {
        if (await members.GetUserAsync(context.User) is not { Email: { } email } member)
            return "Only a member who signed in has a password.";
        if (throttle.SecondsToWait(context, email) is { } seconds)
            return $"Too many attempts. Try again in {seconds} seconds.";

        var result = await members.ChangePasswordAsync(member, current, next);
        if (!result.Succeeded)
            return string.Join(" ", result.Errors.Select(Words));
        await activity.WriteOfMemberAsync(members.NormalizeEmail(email), "member.password_changed", CancellationToken.None);
        await signIn.RefreshSignInAsync(member);
        return null;
    }

    private static string Words(IdentityError error) => error.Code switch
    {
        nameof(IdentityErrorDescriber.PasswordMismatch) => "The current password is wrong.",
        _ => error.Description,
    };
}

/// <summary>What came of an attempt to sign in.</summary>
public enum SignInOutcome
{
    SignedIn,
    Refused,
    TooManyAttempts,
}
