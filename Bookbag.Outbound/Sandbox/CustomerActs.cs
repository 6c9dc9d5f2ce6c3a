using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Lets simulated customers act on templates that reached them, as their habits say.</summary>
internal sealed class CustomerActs(SandboxState state, Schedule schedule, WriteAsCustomer writing, WebhookOutbox outbox, SandboxOptions options)
{
    /// <summary>Whether the customer reads the message.</summary>
    public bool Reads(BusinessMessage message)
    {
        var (conversation, number) = (message.Conversation, message.Conversation.Number);
        return conversation.Reads ?? (number.Reads && (message.Type != "template" || Draw(message).Reads(Habits(conversation))));
    }

    /// <summary>The customer has read the message: what else there is to be done about it.</summary>
    public void Consider(BusinessMessage message, DateTimeOffset at)
    {
        if (message.Type != "template")
            return;
        var habits = Habits(message.Conversation);
        var act = Draw(message).Act(habits);
        if (act != CustomerAct.Nothing)
            schedule.At(at + habits.ActsAfter, next => Act(message, act, habits, next));
    }

    private static CustomerHabits Habits(Conversation conversation) => conversation.Habits ?? conversation.Number.Habits;

    private CustomerDraw Draw(BusinessMessage message) => new(options.Seed, message.Conversation.Phone, message.Nth);

    private void Act(BusinessMessage message, CustomerAct act, CustomerHabits habits, DateTimeOffset at)
    {
        var (conversation, draw) = (message.Conversation, Draw(message));
        switch (act)
        {
            case CustomerAct.Reply:
                Write(conversation, new CustomerWrites { Text = habits.Words[draw.Choose(habits.Words.Count)], Context = draw.Quotes(habits) ? message.Wamid : null });
                break;
            case CustomerAct.Press when message.QuickReplies is { Count: > 0 } labels:
                Write(conversation, new CustomerWrites { Type = "button", Text = labels[draw.Choose(labels.Count)], Context = message.Wamid });
                break;
            case CustomerAct.Stop:
                Write(conversation, new CustomerWrites { Text = "STOP" });
                break;
            case CustomerAct.StopInWhatsApp:
                lock (state.Gate)
                    conversation.StoppedMarketing = true;
                outbox.Add(new RawUpdate(conversation.Number, "user_preferences", Preference(conversation, at)));
                break;
            case CustomerAct.Block:
                lock (state.Gate)
                    conversation.Blocked = true;
                break;
        }
    }

    private void Write(Conversation conversation, CustomerWrites what) => writing.Write(conversation.Phone, what with { PhoneNumberId = conversation.Number.Id });

    private static byte[] Preference(Conversation conversation, DateTimeOffset at)
    {
        var number = conversation.Number;
        var person = new JsonObject { ["user_id"] = conversation.UserId };
        if (!conversation.HidePhone)
            person["wa_id"] = conversation.Phone;
        var contact = person.DeepClone();
        contact["profile"] = new JsonObject { ["name"] = conversation.Name ?? $"Customer {conversation.Phone[^4..]}" };
        person["detail"] = "User requested to stop marketing messages";
        person["category"] = "marketing_messages";
        person["value"] = "stop";
        person["timestamp"] = at.ToUnixTimeSeconds();
        return JsonSerializer.SerializeToUtf8Bytes(new JsonObject
        {
            ["messaging_product"] = "whatsapp",
            ["metadata"] = new JsonObject { ["display_phone_number"] = number.Digits, ["phone_number_id"] = number.Id },
            ["contacts"] = new JsonArray(contact),
            ["user_preferences"] = new JsonArray(person),
        });
    }
}
