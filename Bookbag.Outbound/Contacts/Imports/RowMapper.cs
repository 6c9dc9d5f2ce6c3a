using System.Globalization;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Contacts.Imports;

/// <summary>Makes contacts of a file's rows.</summary>
internal sealed class RowMapper
{
    private readonly ColumnMapping[] _columns;
    private readonly string?[] _names;
    private readonly AttributeCatalog _attributes;
    private readonly string? _region;
    private readonly string[] _tags;
    private readonly bool _optedIn;

    public RowMapper(IReadOnlyList<ColumnMapping> columns, IReadOnlyList<ImportColumn> file, AttributeCatalog attributes, string? region, IReadOnlyList<string> tags, bool optedIn)
    {
        _columns = [.. columns.Where(column => column.To != ColumnTarget.Ignore)];
        _names = [.. _columns.Select(column => file.FirstOrDefault(f => f.Column == column.Column)?.Name)];
        (_attributes, _region, _tags, _optedIn) = (attributes, region, [.. tags], optedIn);
        foreach (var column in _columns.Where(column => column.To == ColumnTarget.Attribute))
            attributes.Define(column.Attribute!, column.Type ?? AttributeType.Text); // the mapping was checked when the import was started
    }

    /// <summary>Reads a row.</summary>
    /// <param name="number">Its place in the file.</param>
    public (ContactRow? Row, RowProblem? Problem) Read(long number, string[] cells)
    {
        string? phone = null, userId = null, externalId = null, name = null, first = null, last = null, email = null, language = null;
        bool? optedIn = _optedIn ? true : null;
        List<string>? tags = null;
        Dictionary<string, string>? attributes = null;
        for (var i = 0; i < _columns.Length; i++)
        {
            var (column, text) = (_columns[i], ContactReader.Text(_columns[i].Column < cells.Length ? cells[_columns[i].Column] : null));
            if (text is null)
                continue;
            switch (column.To)
            {
                case ColumnTarget.Phone:
                    if (!E164.TryParse(text, _region, out phone, out var reason))
                        return Refuse(number, "phone_invalid", $"The phone number {reason}.", i);
                    break;
                case ColumnTarget.UserId:
                    if (!CustomerAddress.IsUserId(text))
                        return Refuse(number, "user_id_invalid", "The user id is not one of WhatsApp's.", i);
                    userId = text;
                    break;
                case ColumnTarget.OptIn:
                    if (!AttributeValues.TryRead(AttributeType.Boolean, text, out var yes, out var unclear))
                        return Refuse(number, "opt_in_invalid", $"The consent {unclear}.", i);
                    optedIn = yes == "true";
                    break;
                case ColumnTarget.Attribute:
                    if (!AttributeValues.TryRead(_attributes.TypeOf(column.Attribute!) ?? AttributeType.Text, text, out var json, out var problem))
                        return Refuse(number, "attribute_invalid", $"The value of {column.Attribute} {problem}.", i);
                    (attributes ??= [])[column.Attribute!] = json;
                    break;
                case ColumnTarget.ExternalId: externalId = text; break;
                case ColumnTarget.Name: name = text; break;
                case ColumnTarget.FirstName: first = text; break;
                case ColumnTarget.LastName: last = text; break;
                case ColumnTarget.Email: email = text; break;
                case ColumnTarget.Language: language = text; break;
                case ColumnTarget.Tags: (tags ??= []).AddRange(text.Split([',', ';', '|'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)); break;
            }
        }

        if (phone is null && userId is null && externalId is null)
            return (null, new RowProblem(number, "nobody", "The row has neither a phone number nor another id."));
        name ??= first is null ? last : last is null ? first : $"{first} {last}";
        var row = new ContactRow { Number = number, Phone = phone, UserId = userId, OptedIn = optedIn };
        var (read, wrong) = ContactReader.Fields(row, externalId, name, email, language, tags is null ? _tags : [.. _tags, .. tags]);
        return read is null ? (null, wrong) : attributes is null ? (read, null) : (read with { Attributes = attributes }, null);
    }

    private (ContactRow?, RowProblem?) Refuse(long number, string code, string message, int place) =>
        (null, new RowProblem(number, code, message, _names[place] ?? string.Create(CultureInfo.InvariantCulture, $"Column {_columns[place].Column + 1}")));
}
