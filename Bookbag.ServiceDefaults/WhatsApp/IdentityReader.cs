using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Reads notices that a customer has a new number or user id.</summary>
internal static class IdentityReader
{
    // {"system":{"type":"user_changed_number","wa_id":"<new>","body":"User A changed from <old> to <new>"}}; older: "new_wa_id";
    // {"system":{"type":"user_changed_user_id","user_id":"<new>","parent_user_id":"<new>"}}
    public static IdentityChange? ReadSystem(JsonElement? system, Customer customer)
    {
        var phone = CustomerAddress.NormalizePhone(system.Text("wa_id") ?? system.Text("new_wa_id"));
        var current = new CustomerAddress(phone == customer.Phone ? null : phone, system.Text("user_id"));
        return current.IsEmpty ? null : new IdentityChange(customer.Address, current, customer.ParentUserId, system.Text("parent_user_id"));
    }

    // {"user_id_update":[{"wa_id":"…","user_id":{"previous":"US.1","current":"US.2"},"parent_user_id":{"previous":…,"current":…},"timestamp":"…"}]}
    public static Reading ReadUpdate(JsonElement json, string path)
    {
        JsonElement? update = json;
        var userId = update.Get("user_id");
        var parentUserId = update.Get("parent_user_id");
        var previous = new CustomerAddress(CustomerAddress.NormalizePhone(update.Text("wa_id")), userId.Text("previous"));
        if (userId.Text("current") is not { } current)
            return new Reading("The update does not say what the user id is now.");
        if (previous.IsEmpty)
            return new Reading("The update does not say whose user id it is.");

        var change = new IdentityChange(previous, new CustomerAddress(null, current), parentUserId.Text("previous"), parentUserId.Text("current"));
        return new Reading(new IdentityUpdate(change, update.Time("timestamp")) { Path = path });
    }
}
