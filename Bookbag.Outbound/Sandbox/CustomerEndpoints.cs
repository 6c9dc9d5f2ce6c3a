using System.ComponentModel.DataAnnotations;
using Bookbag.ServiceDefaults.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Bookbag.Outbound.Sandbox;

/// <summary>The simulated customers: write as one, see what one received, choose how one behaves.</summary>
internal static class CustomerEndpoints
{
    public static void MapCustomers(this IEndpointRouteBuilder sandbox)
    {
        var customers = sandbox.MapGroup("/customers").WithTags("Sandbox customers");
        customers.MapGet("", List).WithName("ListSandboxCustomers")
            .WithSummary("Lists the customers, the latest first.");
        customers.MapPut("/{phone}", Change).WithName("ChangeSandboxCustomer")
            .WithSummary("Chooses a customer's name and behaviour: whether and when messages are read, what is done about them, whether they fail.");
        customers.MapPost("/{phone}/messages", Write).WithName("WriteAsSandboxCustomer")
            .WithSummary("Writes to a number as a customer. The message goes to the callback as a signed webhook; the answer is its id.");
        customers.MapGet("/{phone}/messages", Read).WithName("ReadAsSandboxCustomer")
            .WithSummary("Shows a conversation as the customer's phone does: own messages, replies with their status, read and typing marks.");
    }

    private static Ok<Page<CustomerView>> List(SandboxState state, string? phoneNumberId, [Range(1, 1_000)] int take = 100)
    {
        lock (state.Gate)
        {
            return TypedResults.Ok(new Page<CustomerView>(
                [.. state.Numbers.Where(n => phoneNumberId is null || n.Id == phoneNumberId).SelectMany(n => n.Conversations)
                    .Select(CustomerView.Of).OrderByDescending(c => c.LastAt).Take(take)], null));
        }
    }

    private static Results<Ok<CustomerView>, ProblemHttpResult> Change(string phone, CustomerSettings settings, SandboxState state, SandboxOptions options)
    {
        if (PhoneNumber.Digits(phone) is not { } digits)
            return NotANumber();
        lock (state.Gate)
        {
            if (state.Number(settings.PhoneNumberId ?? options.PhoneNumberId) is not { } number)
                return UnknownNumber();
            var conversation = SandboxState.Conversation(number, digits);
            state.Keep(conversation);
            settings.ApplyTo(conversation);
            return TypedResults.Ok(CustomerView.Of(conversation));
        }
    }

    private static Results<Ok<Written>, ProblemHttpResult> Write(string phone, CustomerWrites request, WriteAsCustomer writing)
    {
        if (PhoneNumber.Digits(phone) is not { } digits)
            return NotANumber();
        var (message, problem) = writing.Write(digits, request);
        return message is null ? Refusal.Invalid("message_not_writable", problem!) : TypedResults.Ok(new Written(message.Wamid));
    }

    private static Results<Ok<ConversationView>, ProblemHttpResult> Read(string phone, string? phoneNumberId, SandboxState state, SandboxOptions options, TimeProvider clock)
    {
        if (PhoneNumber.Digits(phone) is not { } digits)
            return NotANumber();
        lock (state.Gate)
        {
            return state.Number(phoneNumberId ?? options.PhoneNumberId)?.Find(digits) is { } conversation
                ? TypedResults.Ok(ConversationView.Of(conversation, clock.GetUtcNow()))
                : Refusal.NotFound("customer_not_found", "This customer and this number have exchanged no message.");
        }
    }

    private static ProblemHttpResult NotANumber() =>
        Refusal.Invalid("phone_invalid", "Write the customer's phone number with its country code: 5 to 15 digits.");

    private static ProblemHttpResult UnknownNumber() => Refusal.Invalid("phone_number_id_invalid", "phoneNumberId is not the id of a phone number.");
}

/// <summary>A message that a customer wrote.</summary>
/// <param name="Wamid">Meta's id of it.</param>
public sealed record Written(string Wamid);

/// <summary>How a customer behaves; what is left out stays as it is.</summary>
public sealed record CustomerSettings
{
    /// <summary>The number it is about; the demo number when left out.</summary>
    public string? PhoneNumberId { get; init; }

    /// <summary>The profile name.</summary>
    [StringLength(200)]
    public string? Name { get; init; }

    /// <summary>The username.</summary>
    [StringLength(100)]
    public string? Username { get; init; }

    /// <summary>Whether webhooks leave the phone number out.</summary>
    public bool? HidePhone { get; init; }

    /// <summary>Whether messages are read.</summary>
    public bool? Reads { get; init; }

    /// <summary>How long after delivery.</summary>
    public TimeSpan? ReadAfter { get; init; }

    /// <summary>What this customer does about templates, in the place of the number's habits: shares of 0 and 1 leave nothing to chance.</summary>
    public CustomerHabits? Habits { get; init; }

    /// <summary>Whether this customer has blocked the business.</summary>
    public bool? Blocked { get; init; }

    /// <summary>The error with which messages to this customer fail, such as 131026; 0 for none.</summary>
    public int? FailsWith { get; init; }

    internal void ApplyTo(Conversation conversation)
    {
        conversation.IsConfigured = true;
        conversation.Name = Name ?? conversation.Name;
        conversation.Username = Username ?? conversation.Username;
        conversation.HidePhone = HidePhone ?? conversation.HidePhone;
        conversation.Reads = Reads ?? conversation.Reads;
        conversation.ReadAfter = ReadAfter ?? conversation.ReadAfter;
        conversation.Habits = Habits ?? conversation.Habits;
        conversation.Blocked = Blocked ?? conversation.Blocked;
        if (FailsWith is { } code)
            conversation.FailsWith = code == 0 ? null : code;
    }
}

/// <summary>A customer on one number.</summary>
public sealed record CustomerView(
    string Phone, string UserId, string? Name, string PhoneNumberId, DateTimeOffset? WindowClosesAt, DateTimeOffset? LastAt, int Items,
    bool? Reads, TimeSpan? ReadAfter, int? FailsWith, CustomerHabits? Habits, bool Blocked, bool StoppedMarketing)
{
    internal static CustomerView Of(Conversation conversation) => new(
        conversation.Phone, conversation.UserId, conversation.Name, conversation.Number.Id, conversation.WindowClosesAt,
        conversation.Items.LastOrDefault()?.At, conversation.Items.Count, conversation.Reads, conversation.ReadAfter, conversation.FailsWith,
        conversation.Habits, conversation.Blocked, conversation.StoppedMarketing);
}
