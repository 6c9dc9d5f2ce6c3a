using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Npgsql;

namespace Bookbag.Outbound.Contacts;

/// <summary>The custom attributes of an agent's contacts while rows are read: values are brought to their attribute's type; an attribute nobody knew gets the type of its first value.</summary>
internal sealed class AttributeCatalog
{
    private const int MostAttributes = 200;

    private readonly Dictionary<string, AttributeType> _types;
    private readonly Dictionary<string, AttributeType> _new = new(StringComparer.Ordinal);

    public AttributeCatalog(IEnumerable<KeyValuePair<string, AttributeType>> known) => _types = new Dictionary<string, AttributeType>(known, StringComparer.Ordinal);

    /// <summary>The attributes that are declared, or were inferred before.</summary>
    public static async Task<AttributeCatalog> LoadAsync(NpgsqlConnection connection, Guid workspaceId, Guid agentId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("SELECT name, type FROM outbound.contact_attributes WHERE workspace_id = @workspace AND agent_id = @agent", connection);
        command.Parameters.AddWithValue("workspace", workspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        var known = new List<KeyValuePair<string, AttributeType>>();
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
            known.Add(new(row.GetString(0), Enum.Parse<AttributeType>(row.GetString(1), ignoreCase: true)));
        return new AttributeCatalog(known);
    }

    /// <summary>The type of an attribute; null where nobody knows it.</summary>
    public AttributeType? TypeOf(string name) => _types.TryGetValue(name, out var type) ? type : null;

    /// <summary>Makes an attribute known.</summary>
    public void Define(string name, AttributeType type)
    {
        if (_types.TryAdd(name, type))
            _new.Add(name, type);
    }

    /// <summary>Reads a value as the attribute's type; JSON's null takes the attribute away.</summary>
    public bool TryRead(string name, JsonElement value, [NotNullWhen(true)] out string? json, [NotNullWhen(false)] out string? problem)
    {
        (json, problem) = (null, null);
        if (!AttributeValues.IsName(name))
        {
            problem = "is not a name for an attribute: 1 to 100 characters, without braces, control characters or blanks around it";
            return false;
        }

        if (value.ValueKind == JsonValueKind.Null)
        {
            json = "null";
            return true;
        }

        if (TypeOf(name) is not { } type)
        {
            if (_types.Count >= MostAttributes)
            {
                problem = $"would be one attribute too many: an agent's contacts have {MostAttributes} at most";
                return false;
            }

            if (AttributeValues.TypeOf(value) is not { } inferred)
            {
                problem = "is neither a text, a number, a boolean nor a list of texts";
                return false;
            }

            if (!AttributeValues.TryRead(inferred, value, out json, out problem))
                return false;
            Define(name, inferred);
            return true;
        }

        return AttributeValues.TryRead(type, value, out json, out problem);
    }

    /// <summary>Keeps what is new.</summary>
    public async Task SaveAsync(NpgsqlConnection connection, Guid workspaceId, Guid agentId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (_new.Count == 0)
            return;
        await using var command = new NpgsqlCommand("""
            INSERT INTO outbound.contact_attributes (workspace_id, agent_id, name, type, declared, created_at)
            SELECT @workspace, @agent, name, type, false, @now FROM unnest(@names, @types) a (name, type)
            ON CONFLICT DO NOTHING
            """, connection);
        command.Parameters.AddWithValue("workspace", workspaceId);
        command.Parameters.AddWithValue("agent", agentId);
        command.Parameters.AddWithValue("now", now);
        command.Parameters.AddWithValue("names", _new.Keys.ToArray());
        command.Parameters.AddWithValue("types", _new.Values.Select(FilterNames.Of).ToArray());
        await command.ExecuteNonQueryAsync(cancellationToken);
        _new.Clear();
    }
}
