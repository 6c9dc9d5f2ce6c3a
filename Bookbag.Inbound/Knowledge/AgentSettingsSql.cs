using System.Text.Json;

namespace Bookbag.Inbound.Knowledge;

internal static class AgentSettingsSql
{
    /// <summary>Writes an agent's settings, whether it had some or not.</summary>
    public static FormattableString Save(AgentSettings settings) => $"""
        INSERT INTO inbound.agent_settings (workspace_id, agent_id, threshold, behaviour, greeting, thanks, unsure, handoff, contact, instructions, unreadable, unreadable_behaviour, updated_at)
        VALUES ({settings.WorkspaceId}, {settings.AgentId}, {settings.Threshold}, {JsonNamingPolicy.SnakeCaseLower.ConvertName(settings.Behaviour.ToString())},
                {settings.Greeting}, {settings.Thanks}, {settings.Unsure}, {settings.Handoff}, {settings.Contact}, {settings.Instructions},
                {settings.Unreadable}, {JsonNamingPolicy.SnakeCaseLower.ConvertName(settings.UnreadableBehaviour.ToString())}, {settings.UpdatedAt})
        ON CONFLICT (agent_id) DO UPDATE SET threshold = excluded.threshold, behaviour = excluded.behaviour, greeting = excluded.greeting,
            thanks = excluded.thanks, unsure = excluded.unsure, handoff = excluded.handoff, contact = excluded.contact,
            instructions = excluded.instructions, unreadable = excluded.unreadable, unreadable_behaviour = excluded.unreadable_behaviour, updated_at = excluded.updated_at
        """;
}
