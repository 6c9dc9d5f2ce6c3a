using System.Globalization;
using System.Text;
using Bookbag.Outbound.Contacts;
using Bookbag.Outbound.Sending;
using Npgsql;
using NpgsqlTypes;

namespace Bookbag.Outbound.Campaigns;

/// <summary>What a campaign makes of a contact: the address, the value of each variable, and why it gets nothing. Once in SQL, for the review and for the snapshot.</summary>
internal static class AudienceSql
{
    /// <summary>The fields of a contact that a variable may take.</summary>
    public static IReadOnlyDictionary<string, string> Fields { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["name"] = "c.name",
        ["first_name"] = "split_part(c.name, ' ', 1)",
        ["phone"] = "'+' || c.phone",
        ["email"] = "c.email",
        ["language"] = "c.language",
        ["external_id"] = "c.external_id",
    };

    // The order of the reasons is that of how much is wrong.
    private const string Reason = """
        CASE WHEN customer IS NULL THEN 'no_usable_number' WHEN opted_out THEN 'opted_out' WHEN capped THEN 'frequency_cap' WHEN missing THEN 'missing_value' END
        """;

    /// <summary>Who gets it, who does not and why: one row a reason, null for those who get it.</summary>
    public static string Review(Parts parts) => $"""
        SELECT reason, count(*)::int FROM (
            SELECT {Reason} AS reason FROM ({Contacts(parts)}) contact
        ) reviewed GROUP BY reason
        """;

    /// <summary>
    /// Freezes the next contacts after a checkpoint as recipients, numbered on from those there are. Returns how many, and the last contact. The primary
    /// key of contacts serves it.
    /// </summary>
    public static string Snapshot(Parts parts) => $"""
        WITH contact AS MATERIALIZED (
            {Contacts(parts)} AND c.id > @after AND c.created_at <= @launched_at
            ORDER BY c.id LIMIT @chunk),
        numbered AS (SELECT contact.*, {Reason} AS reason, @base + row_number() OVER (ORDER BY id) AS position FROM contact),
        frozen AS (
            INSERT INTO outbound.recipients (workspace_id, channel_id, campaign_id, id, position, contact_id, customer, parameters, state, due_at, ended_at, reason)
            SELECT @workspace, @channel, @campaign, {RecipientId.Sql}, position, id, customer, parameters,
                   CASE WHEN reason IS NULL THEN 'pending' WHEN reason = 'no_usable_number' THEN 'failed' ELSE 'skipped' END,
                   CASE WHEN reason IS NULL THEN @now END, CASE WHEN reason IS NOT NULL THEN @now END, reason
            FROM numbered ORDER BY position
            RETURNING position, contact_id)
        SELECT count(*)::int, (SELECT contact_id FROM frozen ORDER BY position DESC LIMIT 1) FROM frozen
        """;

    /// <summary>Compiling <see cref="Snapshot"/> takes longer than freezing a chunk does.</summary>
    public const string WithoutJit = "SET LOCAL jit = off";

    private static string Contacts(Parts parts) => $"""
        SELECT c.id, CASE WHEN c.phone IS NOT NULL THEN 'p:' || c.phone WHEN c.user_id IS NOT NULL THEN 'u:' || c.user_id END AS customer,
               @marketing AND {ContactFilterSql.OptedOut} AS opted_out, {parts.Capped} AS capped, {parts.Missing} AS missing, {parts.Parameters} AS parameters
        FROM outbound.contacts c
        WHERE c.workspace_id = @workspace AND c.agent_id = @agent AND {parts.Filter}
        """;

    /// <summary>The parts that differ from campaign to campaign, and their parameters.</summary>
    internal sealed record Parts(string Filter, string Missing, string Parameters, string Capped, IReadOnlyList<NpgsqlParameter> Values)
    {
        /// <summary>The parts of a campaign.</summary>
        /// <param name="filter">Who is meant.</param>
        /// <param name="variables">Where each variable's value comes from.</param>
        /// <param name="cap">What a contact gets at most, for the review; the senders look again. Null for not looking.</param>
        public static Parts Of(ContactFilter filter, IReadOnlyDictionary<string, VariableMapping> variables, FrequencyCap? cap)
        {
            var values = new List<NpgsqlParameter>();
            var where = ContactFilterSql.Where(filter, values);
            var (pairs, missing) = (new StringBuilder(), new List<string>());
            foreach (var (index, (variable, mapping)) in variables.OrderBy(v => v.Key, StringComparer.Ordinal).Index())
            {
                var source = mapping switch
                {
                    { Value: { } text } => Add(values, $"v{index}", text),
                    { Attribute: { } attribute } => $"c.attributes ->> {Add(values, $"v{index}", attribute)}",
                    { Field: { } field } => Fields[field],
                    _ => "NULL",
                };
                var value = $"coalesce(nullif(btrim({source}), ''), {Add(values, $"b{index}", mapping.Fallback)})";
                pairs.Append(index == 0 ? "" : ", ").Append(CultureInfo.InvariantCulture, $"{Add(values, $"k{index}", variable)}::text, {value}");
                missing.Add($"{value} IS NULL");
            }

            var capped = cap is null ? "false" : $"""
                (SELECT count(*) FROM outbound.recipients o JOIN outbound.campaigns oc ON oc.channel_id = o.channel_id AND oc.id = o.campaign_id
                 WHERE o.channel_id = @channel AND o.customer = 'p:' || c.phone AND o.begun_at IS NOT NULL AND oc.category = 'marketing' AND o.sent_at > @now - {Add(values, "cap_window", TimeSpan.FromDays(cap.Days))}
                ) >= {Add(values, "cap", cap.Messages)}
                """;
            return new Parts(where, missing.Count == 0 ? "false" : $"({string.Join(" OR ", missing)})", variables.Count == 0 ? "'{}'::jsonb" : $"jsonb_build_object({pairs})", capped, values);
        }

        private static string Add(List<NpgsqlParameter> values, string name, object? value)
        {
            values.Add(value switch
            {
                TimeSpan span => new NpgsqlParameter(name, NpgsqlDbType.Interval) { Value = span },
                int number => new NpgsqlParameter(name, NpgsqlDbType.Integer) { Value = number },
                _ => new NpgsqlParameter(name, NpgsqlDbType.Text) { Value = value ?? DBNull.Value },
            });
            return $"@{name}";
        }
    }
}
