using System.Text.Json;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.WhatsApp;
using Npgsql;

namespace Bookbag.Outbound.Sending;

/// <summary>Meta's categories of templates, as campaigns keep them.</summary>
public static class Categories
{
    public const string Marketing = "marketing";

    /// <summary>Meta's word as it is kept.</summary>
    public static string Of(string category) => category.ToLowerInvariant();
}

/// <summary>A template as sends need it.</summary>
internal sealed record SendableTemplate(Guid Id, string Name, string Language, string Category, bool IsApproved, TemplateDefinition Definition)
{
    /// <summary>Reads id, name, language, parameter_format, components, category and whether it is approved.</summary>
    public static SendableTemplate Read(NpgsqlDataReader row, int from)
    {
        var category = row.GetString(from + 5);
        return new SendableTemplate(
            row.GetGuid(from), row.GetString(from + 1), row.GetString(from + 2), Categories.Of(category), row.GetBoolean(from + 6),
            TemplateDefinition.Read(JsonElement.Parse(row.GetString(from + 4)), row.GetString(from + 3), category));
    }

    /// <summary>The message to a customer with their values.</summary>
    /// <param name="to">The customer.</param>
    /// <param name="parameters">The values by variable, a JSON object.</param>
    /// <param name="payloadOf">What a quick-reply button at a place brings back when it is tapped.</param>
    /// <exception cref="ArgumentException">The values cannot be sent; the message says why.</exception>
    public OutgoingMessage MessageTo(CustomerAddress to, string parameters, Func<int, string?> payloadOf)
    {
        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(parameters) ?? [];
        var built = TemplateMessage.Build(Definition, values, payloadOf);
        return built.IsSendable
            ? OutgoingMessage.Template(to, Name, Language, built.Components)
            : throw new ArgumentException(string.Join(" ", built.Problems.Select(problem => problem.Message)));
    }
}

/// <summary>Finds templates of single sends.</summary>
internal static class SendableTemplates
{
    /// <summary>The columns that <see cref="SendableTemplate.Read"/> reads, of templates under the alias <c>t</c>.</summary>
    public const string Columns = "t.id, t.name, t.language, t.parameter_format, t.components::text, t.category, t.status = 'APPROVED' AND t.deleted_at IS NULL";

    private const string ById = $"SELECT {Columns} FROM outbound.templates t WHERE t.workspace_id = @workspace AND t.id = ANY (@ids)";

    public static async Task<Dictionary<Guid, SendableTemplate>> FindAsync(NpgsqlConnection connection, Guid workspaceId, Guid[] ids, CancellationToken cancellationToken)
    {
        var found = new Dictionary<Guid, SendableTemplate>();
        if (ids.Length == 0)
            return found;
        await using var command = new NpgsqlCommand(ById, connection);
        command.Parameters.AddWithValue("workspace", workspaceId);
        command.Parameters.AddWithValue("ids", ids);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        while (await row.ReadAsync(cancellationToken))
        {
            var template = SendableTemplate.Read(row, 0);
            found[template.Id] = template;
        }

        return found;
    }
}
