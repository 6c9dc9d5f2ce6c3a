namespace Bookbag.Inbound.HelpDesk;

/// <summary>Why a conversation went to a person.</summary>
public enum EscalationCause
{
    /// <summary>The customer asked for one in so many words.</summary>
    Customer,

    /// <summary>The model asked for one.</summary>
    Model,

    /// <summary>The sources do not cover the question, and the agent's guardrail hands over.</summary>
    Guardrail,

    /// <summary>The customer answered a campaign whose replies go to people.</summary>
    Campaign,

    /// <summary>Somebody took it over, or wrote by hand.</summary>
    Takeover,

    /// <summary>Somebody answered in the WhatsApp Business app on the phone.</summary>
    Echo,

    /// <summary>The agent's answer could not be made, or could not be sent.</summary>
    Failure,
}
