using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bookbag.ServiceDefaults.Http;

/// <summary>How the API reads and writes JSON.</summary>
public static class Json
{
    /// <summary>Members in camelCase, enums as snake_case text, never as numbers.</summary>
    public static void Configure(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
    }
}
