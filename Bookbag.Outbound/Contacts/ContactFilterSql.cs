using System.Globalization;
using System.Text;
using System.Text.Json;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Contacts;

/// <summary>Makes a SQL condition of a <see cref="ContactFilter"/>. Every value, and the name of every custom attribute, is a parameter.</summary>
internal static class ContactFilterSql
{
    /// <summary>
    /// The condition, on rows of <c>outbound.contacts</c> under the alias <c>c</c>; its parameters are added to <paramref name="parameters"/>,
    /// named <c>f0</c>, <c>f1</c> …
    /// </summary>
    public static string Where(ContactFilter filter, ICollection<NpgsqlParameter> parameters)
    {
        var sql = new StringBuilder();
        new Writer(sql, parameters).Write(filter);
        return sql.ToString();
    }

    /// <summary>Whether a contact is on one of the lists of those who get no marketing; the primary key of suppressions serves it, or a hash join over both addresses.</summary>
    public const string OptedOut = """
        (EXISTS (SELECT FROM outbound.suppressions s WHERE s.workspace_id = c.workspace_id AND s.address = 'p:' || c.phone AND s.active)
         OR EXISTS (SELECT FROM outbound.suppressions s WHERE s.workspace_id = c.workspace_id AND s.address = 'u:' || c.user_id AND s.active))
        """;

    private sealed class Writer(StringBuilder sql, ICollection<NpgsqlParameter> parameters)
    {
        private int _count;

        public void Write(ContactFilter filter)
        {
            switch (filter)
            {
                case ContactFilter.All all: Join(all.Filters, " AND ", "true"); break;
                case ContactFilter.Any any: Join(any.Filters, " OR ", "false"); break;
                case ContactFilter.Tag tag: sql.Append(tag.Has ? "" : "NOT ").Append(Parameter(NpgsqlDbType.Text, tag.Name)).Append(" = ANY (c.tags)"); break;
                case ContactFilter.OptIn optIn: WriteOptIn(optIn.State); break;
                case ContactFilter.Field field: WriteField(field); break;
                case ContactFilter.Attribute attribute: WriteAttribute(attribute); break;
                default: throw new InvalidOperationException($"There is no SQL for {filter.GetType().Name}.");
            }
        }

        private void Join(IReadOnlyList<ContactFilter> filters, string by, string none)
        {
            if (filters.Count == 0)
            {
                sql.Append(none);
                return;
            }

            sql.Append('(');
            for (var i = 0; i < filters.Count; i++)
            {
                sql.Append(i == 0 ? "" : by);
                Write(filters[i]);
            }

            sql.Append(')');
        }

        private void WriteOptIn(OptInState state) => sql.Append(state switch
        {
            OptInState.OptedOut => OptedOut,
            OptInState.OptedIn => $"(c.opted_in_at IS NOT NULL AND NOT {OptedOut})",
            _ => $"(c.opted_in_at IS NULL AND NOT {OptedOut})",
        });

        private void WriteField(ContactFilter.Field field)
        {
            var (column, type) = field.Name switch
            {
                ContactField.Name => ("c.name", NpgsqlDbType.Text),
                ContactField.Email => ("c.email", NpgsqlDbType.Text),
                ContactField.Phone => ("c.phone", NpgsqlDbType.Text),
                ContactField.UserId => ("c.user_id", NpgsqlDbType.Text),
                ContactField.ExternalId => ("c.external_id", NpgsqlDbType.Text),
                ContactField.Language => ("c.language", NpgsqlDbType.Text),
                ContactField.ImportId => ("c.import_id", NpgsqlDbType.Uuid),
                ContactField.CreatedAt => ("c.created_at", NpgsqlDbType.TimestampTz),
                ContactField.UpdatedAt => ("c.updated_at", NpgsqlDbType.TimestampTz),
                ContactField.OptedInAt => ("c.opted_in_at", NpgsqlDbType.TimestampTz),
                _ => throw new InvalidOperationException($"There is no column for {field.Name}."),
            };
            switch (field.Operator)
            {
                case FilterOperator.Exists: sql.Append(column).Append(" IS NOT NULL"); break;
                case FilterOperator.Missing: sql.Append(column).Append(" IS NULL"); break;
                case FilterOperator.IsNot: sql.Append(column).Append(" IS DISTINCT FROM ").Append(Parameter(type, Value(field, type, 0))); break;
                case FilterOperator.AnyOf: WriteAnyOf(field, column, type); break;
                case FilterOperator.Contains: WriteLike(type == NpgsqlDbType.Text ? column : $"{column}::text", $"%{Like(field.Values[0])}%"); break;
                case FilterOperator.StartsWith: WriteLike(type == NpgsqlDbType.Text ? column : $"{column}::text", $"{Like(field.Values[0])}%"); break;
                default: sql.Append(column).Append(Comparison(field.Operator)).Append(Parameter(type, Value(field, type, 0))); break;
            }
        }

        private void WriteAnyOf(ContactFilter.Field field, string column, NpgsqlDbType type)
        {
            object values = type switch
            {
                NpgsqlDbType.Uuid => field.Values.Select(Guid.Parse).ToArray(),
                NpgsqlDbType.TimestampTz => field.Values.Select((_, i) => (DateTimeOffset)Value(field, type, i)).ToArray(),
                _ => field.Values.ToArray(),
            };
            sql.Append(column).Append(" = ANY (").Append(Parameter(type | NpgsqlDbType.Array, values)).Append(')');
        }

        private static object Value(ContactFilter.Field field, NpgsqlDbType type, int i) => type switch
        {
            NpgsqlDbType.Uuid => Guid.Parse(field.Values[i]),
            NpgsqlDbType.TimestampTz => FilterTime.TryParse(field.Values[i], out var time) ? time : throw new InvalidOperationException("The filter was not checked."),
            _ => field.Values[i],
        };

        private void WriteAttribute(ContactFilter.Attribute attribute)
        {
            var name = Parameter(NpgsqlDbType.Text, attribute.Name);
            switch (attribute.Operator)
            {
                case FilterOperator.Exists: sql.Append(CultureInfo.InvariantCulture, $"jsonb_exists(c.attributes, {name})"); break;
                case FilterOperator.Missing: sql.Append(CultureInfo.InvariantCulture, $"NOT jsonb_exists(c.attributes, {name})"); break;
                // Containment is equality of plain values, and membership where the attribute is a list.
                case FilterOperator.Is: sql.Append(CultureInfo.InvariantCulture, $"coalesce(c.attributes -> {name} @> {Json(attribute.Values[0])}, false)"); break;
                case FilterOperator.IsNot: sql.Append(CultureInfo.InvariantCulture, $"NOT coalesce(c.attributes -> {name} @> {Json(attribute.Values[0])}, false)"); break;
                case FilterOperator.AnyOf:
                    var any = Parameter(NpgsqlDbType.Jsonb | NpgsqlDbType.Array, attribute.Values.Select(v => v.GetRawText()).ToArray());
                    sql.Append(CultureInfo.InvariantCulture, $"coalesce(c.attributes -> {name} @> ANY ({any}), false)");
                    break;
                case FilterOperator.Contains: WriteLike($"c.attributes ->> {name}", $"%{Like(attribute.Values[0].GetString()!)}%"); break;
                case FilterOperator.StartsWith: WriteLike($"c.attributes ->> {name}", $"{Like(attribute.Values[0].GetString()!)}%"); break;
                default: Compare(attribute, name); break;
            }
        }

        // CASE, not AND: Postgres may look at either side of an AND first, and a text is no number.
        private void Compare(ContactFilter.Attribute attribute, string name)
        {
            var value = attribute.Values[0];
            var comparison = Comparison(attribute.Operator);
            if (value.ValueKind == JsonValueKind.Number)
                sql.Append(CultureInfo.InvariantCulture, $"CASE WHEN jsonb_typeof(c.attributes -> {name}) = 'number' THEN (c.attributes ->> {name})::numeric{comparison}{Parameter(NpgsqlDbType.Numeric, value.GetDecimal())} ELSE false END");
            else
                sql.Append(CultureInfo.InvariantCulture, $"CASE WHEN jsonb_typeof(c.attributes -> {name}) = 'string' THEN (c.attributes ->> {name}) COLLATE \"C\"{comparison}{Parameter(NpgsqlDbType.Text, value.GetString()!)} ELSE false END");
        }

        private void WriteLike(string expression, string pattern) =>
            sql.Append(CultureInfo.InvariantCulture, $"coalesce({expression} ILIKE {Parameter(NpgsqlDbType.Text, pattern)}, false)");

        private string Json(JsonElement value) => Parameter(NpgsqlDbType.Jsonb, value.GetRawText());

        private string Parameter(NpgsqlDbType type, object value)
        {
            var name = $"f{_count++}";
            parameters.Add(new NpgsqlParameter(name, type) { Value = value });
            return $"@{name}";
        }

        private static string Comparison(FilterOperator op) => op switch
        {
            FilterOperator.Is => " = ",
            FilterOperator.GreaterThan => " > ",
            FilterOperator.LessThan => " < ",
            FilterOperator.AtLeast => " >= ",
            FilterOperator.AtMost => " <= ",
            _ => throw new InvalidOperationException($"{op} is no comparison."),
        };
    }

    /// <summary>The text as a pattern that means nothing but itself.</summary>
    internal static string Like(string text) => text.Replace(@"\", @"\\", StringComparison.Ordinal).Replace("%", @"\%", StringComparison.Ordinal).Replace("_", @"\_", StringComparison.Ordinal);
}
