using System.ComponentModel.DataAnnotations;
using Key = Bookbag.ServiceDefaults.Security.ApiKey;

namespace Bookbag.Inbound.FirstStart;

/// <summary>What an empty system begins with; what is left out is generated and printed once. Not read again afterwards.</summary>
public sealed class FirstStartOptions : IValidatableObject
{
    public const string Section = "FirstStart";

    /// <summary>The first member's address, an Owner.</summary>
    public string? AdminEmail { get; set; }

    /// <summary>The first member's password.</summary>
    public string? AdminPassword { get; set; }

    /// <summary>The first API key, an Admin's.</summary>
    public string? ApiKey { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (AdminEmail is { Length: > 0 } && !new EmailAddressAttribute().IsValid(AdminEmail))
            yield return new ValidationResult("FirstStart:AdminEmail is not an e-mail address.", [nameof(AdminEmail)]);
        // The message must not repeat the value.
        if (ApiKey is { Length: > 0 } && !(ApiKey.StartsWith(Key.Prefix, StringComparison.Ordinal) && ApiKey.Length >= Key.MinimumLength))
            yield return new ValidationResult($"FirstStart:ApiKey must begin with {Key.Prefix} and have at least {Key.MinimumLength} characters.", [nameof(ApiKey)]);
    }
}
