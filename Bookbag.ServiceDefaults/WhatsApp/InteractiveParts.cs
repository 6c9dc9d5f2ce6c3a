using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>A button to answer by.</summary>
/// <param name="Id">What comes back when it is tapped, up to 256 characters.</param>
/// <param name="Title">The label, up to 20 characters.</param>
public sealed record ReplyButton(string Id, string Title);

/// <summary>A section of a list.</summary>
/// <param name="Title">Its title, up to 24 characters; needed where there are several sections.</param>
/// <param name="Rows">Its choices.</param>
public sealed record ListSection(string? Title, IReadOnlyList<ListRow> Rows)
{
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        OutgoingMessage.WriteOptional(json, "title", Title);
        json.WriteStartArray("rows");
        foreach (var row in Rows)
        {
            json.WriteStartObject();
            json.WriteString("id", row.Id);
            json.WriteString("title", row.Title);
            OutgoingMessage.WriteOptional(json, "description", row.Description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>A choice of a list.</summary>
/// <param name="Id">What comes back when it is chosen, up to 200 characters.</param>
/// <param name="Title">The label, up to 24 characters.</param>
/// <param name="Description">A line under it, up to 72 characters.</param>
public sealed record ListRow(string Id, string Title, string? Description = null);
