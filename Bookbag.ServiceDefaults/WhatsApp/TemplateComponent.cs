using System.Globalization;
using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// The values of one part of a template. A part without variables is left out; a header with a file takes exactly one value, the file,
/// although its text shows no variable.
/// </summary>
public sealed record TemplateComponent
{
    private readonly string _type;
    private readonly string? _subType;
    private readonly int _index;

    private TemplateComponent(string type, IReadOnlyList<TemplateParameter> parameters, string? subType = null, int index = 0)
    {
        if (parameters.Count == 0)
            throw new ArgumentException("A part of a template without values is left out.", nameof(parameters));
        if (index is < 0 or > 9)
            throw new ArgumentException("A template has ten buttons at most, numbered from 0.", nameof(index));
        (_type, Parameters, _subType, _index) = (type, parameters, subType, index);
    }

    /// <summary>The values, in the template's order where they are not named.</summary>
    public IReadOnlyList<TemplateParameter> Parameters { get; }

    /// <summary>The header's text value or file.</summary>
    public static TemplateComponent Header(TemplateParameter parameter) => new("header", [parameter]);

    /// <summary>The body's values.</summary>
    public static TemplateComponent Body(IReadOnlyList<TemplateParameter> parameters) => new("body", parameters);

    /// <summary>What comes back when the quick-reply button at this place is tapped.</summary>
    public static TemplateComponent QuickReply(int index, string payload) => new("button", [TemplateParameter.Payload(payload)], "quick_reply", index);

    /// <summary>The end of the link of the button at this place; also the code of an authentication template's button.</summary>
    public static TemplateComponent UrlButton(int index, string suffix) => new("button", [TemplateParameter.Text(suffix)], "url", index);

    /// <summary>The code that the button at this place copies.</summary>
    public static TemplateComponent CopyCode(int index, string code) => new("button", [TemplateParameter.CouponCode(code)], "copy_code", index);

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", _type);
        if (_subType is not null)
        {
            json.WriteString("sub_type", _subType);
            json.WriteString("index", _index.ToString(CultureInfo.InvariantCulture));
        }

        json.WriteStartArray("parameters");
        foreach (var parameter in Parameters)
            parameter.Write(json);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}

/// <summary>One value of a template.</summary>
public sealed record TemplateParameter
{
    private readonly string _type;
    private readonly string? _name;
    private readonly Action<Utf8JsonWriter> _value;

    private TemplateParameter(string type, Action<Utf8JsonWriter> value, string? name = null) => (_type, _value, _name) = (type, value, name);

    /// <summary>A text; with the variable's name where the template names its variables, else by place.</summary>
    public static TemplateParameter Text(string value, string? name = null)
    {
        OutgoingMessage.Required(value, name is null ? "A value" : $"The value of {name}");
        return new TemplateParameter("text", json => json.WriteString("text", value), name);
    }

    /// <summary>A picture for the header.</summary>
    public static TemplateParameter Image(MediaSource image) => Media("image", image, null);

    /// <summary>A film for the header.</summary>
    public static TemplateParameter Video(MediaSource video) => Media("video", video, null);

    /// <summary>A file for the header.</summary>
    public static TemplateParameter Document(MediaSource document, string? filename = null) => Media("document", document, filename);

    /// <summary>A place for the header.</summary>
    public static TemplateParameter Location(double latitude, double longitude, string name, string address) => new("location", json =>
    {
        json.WriteStartObject("location");
        json.WriteNumber("latitude", latitude);
        json.WriteNumber("longitude", longitude);
        json.WriteString("name", name);
        json.WriteString("address", address);
        json.WriteEndObject();
    });

    internal static TemplateParameter Payload(string payload)
    {
        OutgoingMessage.Required(payload, "A button's payload");
        return new TemplateParameter("payload", json => json.WriteString("payload", payload));
    }

    internal static TemplateParameter CouponCode(string code)
    {
        OutgoingMessage.Required(code, "The code");
        return new TemplateParameter("coupon_code", json => json.WriteString("coupon_code", code));
    }

    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("type", _type);
        OutgoingMessage.WriteOptional(json, "parameter_name", _name);
        _value(json);
        json.WriteEndObject();
    }

    private static TemplateParameter Media(string type, MediaSource source, string? filename) => new(type, json =>
    {
        json.WriteStartObject(type);
        source.Write(json);
        OutgoingMessage.WriteOptional(json, "filename", filename);
        json.WriteEndObject();
    });
}
