using Bookbag.ServiceDefaults.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;

namespace Bookbag.Inbound.Knowledge;

/// <summary>What an agent does when its sources do not cover what was asked.</summary>
public enum GuardrailBehaviour
{
    /// <summary>Say that it is unsure.</summary>
    Unsure,

    /// <summary>Hand the conversation to a person.</summary>
    Handoff,

    /// <summary>Ask for contact details.</summary>
    Contact,
}

/// <summary>What an agent does with a message that it cannot read.</summary>
public enum UnreadableBehaviour
{
    /// <summary>Say so.</summary>
    Unsure,

    /// <summary>Hand the conversation to a person.</summary>
    Handoff,
}

/// <summary>How an agent behaves and what it says of itself.</summary>
public sealed class AgentSettings
{
    /// <summary>Separates what the sources cover from what they do not; see <see cref="Answering.Grounding"/> for what the number means.</summary>
    public const double DefaultThreshold = 0.5;

    private AgentSettings() { }

    /// <summary>The settings of an agent that nobody has set.</summary>
    public static AgentSettings Default(Guid workspaceId, Guid agentId) => new() { WorkspaceId = workspaceId, AgentId = agentId };

    public Guid WorkspaceId { get; private set; }
    public Guid AgentId { get; private set; }

    /// <summary>The least grounding score with which the agent answers, 0 to 1.</summary>
    public double Threshold { get; private set; } = DefaultThreshold;

    /// <summary>What it does under the threshold.</summary>
    public GuardrailBehaviour Behaviour { get; private set; } = GuardrailBehaviour.Unsure;

    public string Greeting { get; private set; } = "Hello! How can I help you?";
    public string Thanks { get; private set; } = "You are welcome! Just write again if there is anything else.";
    public string Unsure { get; private set; } = "I am not sure about that one. Could you ask it in other words? You can also ask for a person at any time.";
    public string Handoff { get; private set; } = "I am handing this over to a colleague, who will answer you here as soon as possible.";
    public string Contact { get; private set; } = "I cannot answer that myself. Please send us your name and your e-mail address or phone number, and a colleague will get back to you.";

    public string Unreadable { get; private set; } = "Thank you! I cannot open pictures, voice notes or files. Could you tell me in words what it is about?";

    /// <summary>What it does with a picture, voice note or file without words.</summary>
    public UnreadableBehaviour UnreadableBehaviour { get; private set; } = UnreadableBehaviour.Unsure;

    /// <summary>What the model is told beside its rules: tone, name, what to avoid. It cannot change the rules.</summary>
    public string Instructions { get; private set; } = "";

    /// <summary>When they were last set; null for the defaults.</summary>
    public DateTimeOffset? UpdatedAt { get; private set; }

    /// <summary>Takes what a member set; what was left out goes back to its default.</summary>
    public void Change(AgentSettingsRequest to, DateTimeOffset now)
    {
        var initial = Default(WorkspaceId, AgentId);
        Threshold = to.Threshold ?? initial.Threshold;
        Behaviour = to.Behaviour ?? initial.Behaviour;
        Greeting = Said(to.Greeting, initial.Greeting);
        Thanks = Said(to.Thanks, initial.Thanks);
        Unsure = Said(to.Unsure, initial.Unsure);
        Handoff = Said(to.Handoff, initial.Handoff);
        Contact = Said(to.Contact, initial.Contact);
        Unreadable = Said(to.Unreadable, initial.Unreadable);
        UnreadableBehaviour = to.UnreadableBehaviour ?? initial.UnreadableBehaviour;
        Instructions = PlainText.Clean(to.Instructions);
        UpdatedAt = now;
    }

    private static string Said(string? text, string initial) => PlainText.Clean(text) is { Length: > 0 } said ? said : initial;

    internal sealed class Mapping : IEntityTypeConfiguration<AgentSettings>
    {
        public void Configure(EntityTypeBuilder<AgentSettings> settings)
        {
            settings.ToTable("agent_settings").HasKey(s => s.AgentId);
            settings.Property(s => s.AgentId).ValueGeneratedNever();
            settings.Property(s => s.UnreadableBehaviour).HasConversion<SnakeCaseEnum<UnreadableBehaviour>>();
            settings.Property(s => s.Behaviour).HasConversion<SnakeCaseEnum<GuardrailBehaviour>>();
        }
    }
}
