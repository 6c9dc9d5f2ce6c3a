using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Writes answers as Graph does, straight to the response.</summary>
internal static class GraphAnswer
{
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with a JSON object whose members <paramref name="members"/> writes.</summary>
    public static async Task WriteAsync<T>(HttpResponse response, int status, T value, Action<Utf8JsonWriter, T> members)
    {
        response.StatusCode = status;
        response.ContentType = "application/json; charset=UTF-8";
        using (var writer = new Utf8JsonWriter(response.BodyWriter, Writing))
        {
            writer.WriteStartObject();
            members(writer, value);
            writer.WriteEndObject();
        }

        await response.BodyWriter.FlushAsync(response.HttpContext.RequestAborted);
    }

    /// <summary>Answers <c>{"success":true}</c>.</summary>
    public static Task SuccessAsync(HttpResponse response) => WriteAsync(response, 200, true, (writer, success) => writer.WriteBoolean("success"u8, success));

    /// <summary>Answers with Graph's error object.</summary>
    public static Task RefuseAsync(HttpResponse response, GraphRefusal refusal, string trace) =>
        WriteAsync(response, refusal.Status, (refusal, trace), (writer, value) =>
        {
            var (error, fbtrace) = value;
            writer.WriteStartObject("error"u8);
            writer.WriteString("message"u8, error.Message);
            writer.WriteString("type"u8, error.Type);
            writer.WriteNumber("code"u8, error.Code);
            if (error.Details is not null)
            {
                writer.WriteStartObject("error_data"u8);
                writer.WriteString("messaging_product"u8, "whatsapp"u8);
                writer.WriteString("details"u8, error.Details);
                writer.WriteEndObject();
            }

            if (error.Subcode is { } subcode)
                writer.WriteNumber("error_subcode"u8, subcode);
            if (error.Transient)
                writer.WriteBoolean("is_transient"u8, true);
            writer.WriteString("fbtrace_id"u8, fbtrace);
            writer.WriteEndObject();
        });
}
