using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>The people that a change describes (<c>value.contacts</c>); messages find theirs by number or user id, never by position.</summary>
internal sealed class ContactList
{
    private readonly List<Customer> _contacts = [];

    // {"contacts":[{"profile":{"name":"…","username":"@…"},"wa_id":"<phone>","user_id":"US.…","parent_user_id":"US.ENT.…"}]}
    public ContactList(JsonElement value)
    {
        foreach (JsonElement? contact in LenientJson.List(value, "contacts"))
        {
            var profile = contact.Get("profile");
            _contacts.Add(Merge(
                new Customer(null, contact.Text("user_id"), contact.Text("parent_user_id"), profile.Text("name"), profile.Text("username")),
                CustomerAddress.Parse(contact.Text("wa_id"))));
        }
    }

    private ContactList() { }

    /// <summary>A thread of an imported history: the customer's number is its id.</summary>
    public static ContactList OfThread(string? id)
    {
        var list = new ContactList();
        if (CustomerAddress.Parse(id) is { IsEmpty: false } address)
            list._contacts.Add(new Customer(address.Phone, address.UserId));
        return list;
    }

    /// <summary>
    /// The customer at an address, with all that the change says of them. An address that is missing stands for the only contact
    /// there is. Null when nobody is named at all.
    /// </summary>
    public Customer? Find(string? phone, string? userId, string? parentUserId)
    {
        var address = CustomerAddress.Parse(phone);
        if (userId is not null)
            address = address with { UserId = userId };
        if (address.IsEmpty)
            return _contacts is [{ Address.IsEmpty: false } only] ? only : null;

        var known = _contacts.Find(c => (address.UserId is not null && c.UserId == address.UserId) || (address.Phone is not null && c.Phone == address.Phone));
        return Merge(known ?? new Customer(null, null), address) with { ParentUserId = parentUserId ?? known?.ParentUserId };
    }

    private static Customer Merge(Customer customer, CustomerAddress address) =>
        customer with { Phone = address.Phone ?? customer.Phone, UserId = address.UserId ?? customer.UserId };
}
