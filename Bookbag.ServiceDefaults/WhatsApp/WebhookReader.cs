using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// Reads a webhook's body. Every item is read on its own: one that cannot be read becomes a rejection with its path and reason,
/// and takes nothing else with it. Never throws for what a body holds.
/// </summary>
public sealed class WebhookReader
{
    // What Meta calls a change of template quality in its own example; the value tells better.
    private const string TemplateStatusField = "message_template_status_update";
    private const string TemplateQualityField = "message_template_quality_update";

    private readonly List<WebhookChange> _changes = [];
    private readonly List<WebhookRejection> _rejections = [];

    private WebhookReader() { }

    /// <summary>Reads a body whose signature has been checked.</summary>
    public static WebhookNotification Read(ReadOnlyMemory<byte> body)
    {
        var reader = new WebhookReader();
        try
        {
            using var document = JsonDocument.Parse(JsonRepair.Apply(body));
            reader.ReadEntries(document.RootElement);
        }
        catch (JsonException e)
        {
            reader._rejections.Add(new WebhookRejection("$", $"The body is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}."));
        }

        return new WebhookNotification(reader._changes, reader._rejections);
    }

    private void ReadEntries(JsonElement? root)
    {
        if (root.Get("entry") is not { ValueKind: JsonValueKind.Array } entries)
        {
            _rejections.Add(new WebhookRejection("$", "The body has no list of entries."));
            return;
        }

        var entryIndex = 0;
        foreach (JsonElement? entry in entries.EnumerateArray())
        {
            var path = $"entry[{entryIndex++}]";
            if (entry.Get("changes") is not { ValueKind: JsonValueKind.Array } changes)
            {
                _rejections.Add(new WebhookRejection(path, "The entry has no list of changes.", entry.Text("id")));
                continue;
            }

            var changeIndex = 0;
            foreach (JsonElement? change in changes.EnumerateArray())
                ReadChange(entry, change, $"{path}.changes[{changeIndex++}]");
        }
    }

    private void ReadChange(JsonElement? entry, JsonElement? change, string path)
    {
        var value = change.Object("value");
        var metadata = value.Object("metadata");
        var scope = new Scope(
            path, FieldOf(change, value), entry.Text("id"), metadata.Text("phone_number_id"),
            CustomerAddress.NormalizePhone(metadata.Text("display_phone_number") ?? value.Text("display_phone_number")),
            entry.Time("time"));
        if (value is null)
        {
            Reject(scope, path, "The change has no value.");
            return;
        }

        var items = ReadValue(scope, value.Value);
        if (items.Count > 0)
            _changes.Add(new WebhookChange(path, scope.Field, scope.BusinessAccountId, scope.PhoneNumberId, scope.DisplayPhoneNumber, scope.At, items));
    }

    /// <summary>The subject: as Meta names it, where Meta misplaces it, and as the value shows it where Meta's own example is wrong.</summary>
    private static string? FieldOf(JsonElement? change, JsonElement? value)
    {
        var field = change.Text("field") ?? value.Text("field");
        return (field is null or TemplateStatusField) && value.Get("new_quality_score") is not null ? TemplateQualityField : field;
    }

    private List<WebhookItem> ReadValue(Scope scope, JsonElement value)
    {
        var items = new List<WebhookItem>();
        var rejectionsBefore = _rejections.Count;
        switch (scope.Field)
        {
            case null or "messages":
                ReadMessages(scope, value, items, imported: false);
                ReadEach(scope, value, "statuses", items, StatusReader.Read);
                ReadEach(scope, value, "errors", items, (error, path) => new Reading(new ChannelError(GraphErrors.Read(error)) { Path = path }));
                break;
            case "smb_message_echoes":
                ReadEchoes(scope, value, items);
                break;
            case "history":
                ReadHistory(scope, value, items);
                break;
            case "user_id_update":
                ReadEach(scope, value, "user_id_update", items, IdentityReader.ReadUpdate);
                break;
            case "user_preferences":
                ReadEach(scope, value, "user_preferences", items, ReadPreference);
                break;
        }

        // A subject without a reading of its own, or a known one in a shape nobody knew: kept as it came.
        if (items.Count == 0 && _rejections.Count == rejectionsBefore)
            items.Add(new AccountChange(scope.Field, value.GetRawText(), scope.At) { Path = scope.ValuePath });
        return items;
    }

    private void ReadMessages(Scope scope, JsonElement value, List<WebhookItem> items, bool imported)
    {
        var contacts = new ContactList(value);
        ReadEach(scope, value, "messages", items, (message, path) => MessageReader.ReadInbound(message, path, contacts, imported));
    }

    private void ReadEchoes(Scope scope, JsonElement value, List<WebhookItem> items)
    {
        var contacts = new ContactList(value);
        ReadEach(scope, value, "message_echoes", items, (message, path) => MessageReader.ReadEcho(message, path, contacts, imported: false));
    }

    // {"history":[{"metadata":{"phase":0,…},"threads":[{"id":"<customer>","messages":[{"from":…,"to":…,…}]}]}]}: what the phone app
    // held before it was connected. Media of it follow in a `history` change with plain `messages`.
    private void ReadHistory(Scope scope, JsonElement value, List<WebhookItem> items)
    {
        ReadMessages(scope, value, items, imported: true);
        var chunkIndex = 0;
        foreach (JsonElement? chunk in LenientJson.List(value, "history"))
        {
            var chunkScope = scope.Within($"history[{chunkIndex++}]");
            ReadEach(chunkScope, chunk, "errors", items, (error, path) => new Reading(new ChannelError(GraphErrors.Read(error)) { Path = path }));
            var threadIndex = 0;
            foreach (JsonElement? thread in chunk.List("threads"))
            {
                var contacts = ContactList.OfThread(thread.Text("id"));
                ReadEach(chunkScope.Within($"threads[{threadIndex++}]"), thread, "messages", items, (message, path) =>
                    LenientJson.Text(message, "to") is null
                        ? MessageReader.ReadInbound(message, path, contacts, imported: true)
                        : MessageReader.ReadEcho(message, path, contacts, imported: true));
            }
        }
    }

    // {"user_preferences":[{"wa_id":"…","user_id":"US.…","detail":"…","category":"marketing_messages","value":"stop","timestamp":1731705721}]}
    private static Reading ReadPreference(JsonElement json, string path)
    {
        JsonElement? preference = json;
        var customer = CustomerAddress.Parse(preference.Text("wa_id"));
        if (preference.Text("user_id") is { } userId)
            customer = customer with { UserId = userId };
        return customer.IsEmpty
            ? new Reading("The preference does not say whose it is.")
            : new Reading(new PreferenceChange(customer, preference.Time("timestamp"), json.GetRawText()) { Path = path });
    }

    /// <summary>Reads the elements of a list one by one, each to an item or a rejection. No list is nothing; something else in its place is a rejection.</summary>
    private void ReadEach(Scope scope, JsonElement? parent, string name, List<WebhookItem> items, Func<JsonElement, string, Reading> read)
    {
        if (parent.Get(name) is not { } list)
            return;
        if (list.ValueKind != JsonValueKind.Array)
        {
            Reject(scope, $"{scope.ValuePath}.{name}", "This is not a list.");
            return;
        }

        var index = 0;
        foreach (var element in list.EnumerateArray())
        {
            var path = $"{scope.ValuePath}.{name}[{index++}]";
            var reading = element.ValueKind == JsonValueKind.Object ? read(element, path) : new Reading("This is not an object.");
            if (reading.Item is { } item)
                items.Add(item);
            else
                Reject(scope, path, reading.Problem ?? "This cannot be read.");
        }
    }

    private void Reject(Scope scope, string path, string reason) =>
        _rejections.Add(new WebhookRejection(path, reason, scope.BusinessAccountId, scope.PhoneNumberId));

    /// <summary>What holds for everything in a change.</summary>
    private sealed record Scope(string Path, string? Field, string? BusinessAccountId, string? PhoneNumberId, string? DisplayPhoneNumber, DateTimeOffset? At)
    {
        public string ValuePath { get; private init; } = Path + ".value";

        public Scope Within(string part) => this with { ValuePath = $"{ValuePath}.{part}" };
    }
}

/// <summary>What became of reading one item: the item, or what is wrong with it.</summary>
internal readonly record struct Reading
{
    public Reading(WebhookItem item) => Item = item;

    public Reading(string problem) => Problem = problem;

    public WebhookItem? Item { get; }

    public string? Problem { get; }
}
