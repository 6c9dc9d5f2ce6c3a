using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Reads one status of a message that we sent.</summary>
internal static class StatusReader
{
    // {"id":"wamid.…","status":"delivered","timestamp":"1750030073","recipient_id":"16505551234","recipient_user_id":"US.…",
    //  "biz_opaque_callback_data":"…","errors":[…],"pricing":{…}}
    public static Reading Read(JsonElement json, string path)
    {
        JsonElement? status = json;
        if (status.Text("id") is not { } wamid)
            return new Reading("The status does not say which message it is of.");
        if (status.Text("status") is not { } word)
            return new Reading("The status does not say what it is.");

        var isGroup = status.Text("recipient_type") == "group";
        var recipient = isGroup ? default : CustomerAddress.Parse(status.Text("recipient_id"));
        return new Reading(new StatusUpdate
        {
            Path = path,
            Wamid = wamid,
            StatusText = word,
            Status = MessageStatuses.Parse(word),
            At = status.Time("timestamp"),
            RecipientPhone = recipient.Phone,
            RecipientUserId = status.Text("recipient_user_id") ?? recipient.UserId,
            GroupId = isGroup ? status.Text("recipient_id") : null,
            GroupParticipant = status.Text("recipient_participant_id"),
            CallbackData = status.Text("biz_opaque_callback_data"),
            Errors = GraphErrors.ReadAll(status),
            Pricing = status.Raw("pricing"),
            Json = json.GetRawText(),
        });
    }
}
