using Bookbag.Tests.Support;
using Npgsql;

namespace Bookbag.Tests.Inbound.Attribution;

/// <summary>What Outbound has sent to a customer, as it stands in its tables.</summary>
internal static class OutboundRows
{
    /// <summary>A campaign of one message, taken by Meta. Returns its id, and the recipient's.</summary>
    public static async Task<(Guid Campaign, Guid Recipient)> AddCampaignAsync(
        this NpgsqlDataSource database, Guid workspaceId, Guid agentId, Guid channelId, string customer, DateTimeOffset at, string replyMode = "ai", string name = "Spring", string? wamid = null)
    {
        var (campaign, recipient, template) = (Guid.CreateVersion7(at), Guid.CreateVersion7(at), await database.AddTemplateAsync(workspaceId, agentId));
        await database.ExecuteAsync($$"""
            INSERT INTO outbound.campaigns (workspace_id, channel_id, agent_id, id, name, reply_mode, template_id, variables, audience, guard, state, category, launched_at, prepared_at, completed_at, recipients, released, created_at, updated_at)
            VALUES ('{{workspaceId}}', '{{channelId}}', '{{agentId}}', '{{campaign}}', '{{name}}', '{{replyMode}}', '{{template}}', '{}', '{}', '{}', 'completed', 'marketing', '{{at:O}}', '{{at:O}}', '{{at:O}}', 1, 1, '{{at:O}}', '{{at:O}}');
            INSERT INTO outbound.recipients (workspace_id, channel_id, campaign_id, id, position, customer, parameters, state, begun_at, sent_at, delivered_at, wamid)
            VALUES ('{{workspaceId}}', '{{channelId}}', '{{campaign}}', '{{recipient}}', 1, '{{customer}}', '{"1":"Ann"}', 'sent', '{{at:O}}', '{{at:O}}', '{{at:O}}', '{{wamid ?? $"wamid.{recipient}"}}')
            """);
        return (campaign, recipient);
    }

    public static async Task<Guid> AddTemplateAsync(this NpgsqlDataSource database, Guid workspaceId, Guid agentId)
    {
        var id = Guid.CreateVersion7(DateTimeOffset.UnixEpoch);
        await database.ExecuteAsync($$$"""
            INSERT INTO outbound.templates (workspace_id, agent_id, id, meta_id, name, language, category, status, status_at, parameter_format, components, created_at, updated_at)
            VALUES ('{{{workspaceId}}}', '{{{agentId}}}', '{{{id}}}', '1', 'spring_{{{id:N}}}', 'en_US', 'UTILITY', 'APPROVED', now(), 'positional',
                '[{"type":"BODY","text":"Hello {{1}}, mugs are on sale."},{"type":"BUTTONS","buttons":[{"type":"QUICK_REPLY","text":"Show me"}]}]', now(), now())
            """);
        return id;
    }
}
