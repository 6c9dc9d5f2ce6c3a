using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>What a body of <c>POST /messages</c> that kept Meta's rules asks for.</summary>
/// <param name="To">The recipient as it was written.</param>
/// <param name="Phone">The recipient's digits; null when addressed by user id.</param>
/// <param name="UserId">The business-scoped user id; null when addressed by phone number.</param>
/// <param name="Type">Meta's message type.</param>
/// <param name="Content">The object named as the type.</param>
/// <param name="Opaque"><c>biz_opaque_callback_data</c>.</param>
internal sealed record SendRequest(string To, string? Phone, string? UserId, string Type, JsonElement Content, string? Opaque)
{
    public bool IsTemplate => Type == "template";

    /// <summary>Of a template message.</summary>
    public string TemplateName => Content.Text("name")!;

    /// <summary>Of a template message.</summary>
    public string TemplateLanguage => Content.Member("language")!.Value.Text("code")!;
}

/// <summary>What a body asks for that marks messages as read.</summary>
internal sealed record ReadRequest(string Wamid, bool Typing);
