namespace Bookbag.Outbound.Sandbox;

/// <summary>A refusal as Graph words it, in an answer or as a failed status.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">Meta's error code.</param>
/// <param name="Title">Meta's title, without the code.</param>
/// <param name="Details">Meta's <c>error_data.details</c>.</param>
internal sealed record GraphRefusal(int Status, int Code, string Title, string? Details = null)
{
    public int? Subcode { get; init; }
    public string Type { get; init; } = "OAuthException";
    public bool Transient { get; init; }

    /// <summary>Whether the message says the code first, as the messages endpoint does and Graph's own layer does not.</summary>
    public bool Prefixed { get; init; } = true;

    public string Message => Prefixed ? $"(#{Code}) {Title}" : Title;

    public static GraphRefusal NoToken { get; } = new(401, 104, "An access token is required to request this resource.") { Prefixed = false };

    public static GraphRefusal WrongToken { get; } =
        new(401, 190, "Invalid OAuth access token - Cannot parse access token") { Prefixed = false };

    public static GraphRefusal ExpiredToken { get; } =
        new(401, 190, "Error validating access token: Session has expired") { Prefixed = false, Subcode = 463 };

    public static GraphRefusal UnknownObject(string method, string id) =>
        new(400, 100, $"Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing permissions, or does not support this operation. "
            + "Please read the Graph API documentation at https://developers.facebook.com/docs/graph-api")
        {
            Prefixed = false,
            Subcode = 33,
            Type = "GraphMethodException",
        };

    public static GraphRefusal UnknownField(string field, string node) => new(400, 100, $"Tried accessing nonexisting field ({field}) on node type ({node})");

    public static GraphRefusal Parameter(string title) => new(400, 100, title);

    public static GraphRefusal InvalidParameter(string details) => new(400, 100, "Invalid parameter", details);

    public static GraphRefusal TooLong(string parameter, int most) => Parameter($"Param {parameter} must be at most {most} characters long.");

    public static GraphRefusal Missing(string details) => new(400, 131008, "Required parameter is missing", details);

    public static GraphRefusal InvalidValue(string details) => new(400, 131009, "Parameter value is not valid", details);

    public static GraphRefusal UnsupportedType(string type) => new(400, 131051, "Unsupported message type", $"Message type \"{type}\" is not currently supported.");

    public static GraphRefusal ToItself { get; } = new(400, 131021, "Recipient cannot be sender", "Sender and recipient phone number is the same.");

    public static GraphRefusal NotRegistered { get; } = new(400, 133010, "The account is not registered", "Phone number not registered on the WhatsApp Business Platform.");

    public static GraphRefusal ThroughputReached { get; } =
        new(400, 130429, "Rate limit hit", "Cloud API message throughput has been reached.") { Subcode = 2494055 };

    public static GraphRefusal PairLimitReached { get; } =
        new(400, 131056, "(Business Account, Consumer Account) pair rate limit hit",
            "Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time.");

    public static GraphRefusal WindowClosed { get; } =
        new(400, 131047, "Re-engagement message", "Message failed to send because more than 24 hours have passed since the customer last replied to this number.");

    // Meta names no code for the messaging limit; this one's text points at it.
    public static GraphRefusal MessagingLimitReached { get; } =
        new(400, 131048, "Spam rate limit hit", "Message failed to send because there are restrictions on how many messages can be sent from this phone number.");

    public static GraphRefusal UnknownTemplate(string name, string language) =>
        new(404, 132001, "Template name does not exist in the translation", $"template name ({name}) does not exist in {language}");

    public static GraphRefusal TemplateParameterCount(string component, int got, int expected) =>
        new(400, 132000, "Number of parameters does not match the expected number of params", $"{component}: number of localizable_params ({got}) does not match the expected number of params ({expected})");

    public static GraphRefusal TemplateParameterFormat(string details) => new(400, 132012, "Parameter format does not match format in the created template", details);

    public static GraphRefusal TemplatePaused { get; } = new(400, 132015, "Template is Paused", "Template is paused due to low quality so it cannot be sent in a template message.");

    public static GraphRefusal TemplateDisabled { get; } =
        new(400, 132016, "Template is Disabled", "Template has been paused too many times due to low quality and is now permanently disabled.");

    public static GraphRefusal Undeliverable { get; } = new(400, 131026, "Message undeliverable", "Message Undeliverable.");

    public static GraphRefusal ServerError { get; } =
        new(500, 2, "An unexpected error has occurred. Please retry your request later.") { Prefixed = false, Transient = true };

    /// <summary>What a failed status says for a code that was asked for.</summary>
    public static GraphRefusal ForCode(int code) => code switch
    {
        131026 => Undeliverable,
        131047 => WindowClosed,
        131048 => MessagingLimitReached,
        131056 => PairLimitReached,
        130429 => ThroughputReached,
        130472 => new(400, code, "User's number is part of an experiment", "Failed to send message because this user's phone number is part of an experiment"),
        131049 => new(400, code, "This message was not delivered to maintain healthy ecosystem engagement.",
            "In order to maintain a healthy ecosystem engagement, the message failed to be delivered."),
        131050 => new(400, code, "Unable to deliver the message. This recipient has chosen to stop receiving marketing messages on WhatsApp from your business",
            "Recipient has chosen to stop receiving marketing messages on WhatsApp from your business"),
        131053 => new(400, code, "Media upload error", "Unable to upload the media used in the message."),
        132015 => TemplatePaused,
        132016 => TemplateDisabled,
        _ => new(400, code, "Something went wrong", "Message failed to send due to an unknown error."),
    };
}
