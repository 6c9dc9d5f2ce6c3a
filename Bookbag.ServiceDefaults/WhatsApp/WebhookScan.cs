using System.Text.Json;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>
/// Which numbers and accounts a POST claims to be about, found in its raw bytes before any signature is trusted: they decide whose
/// app secret checks it.
/// </summary>
/// <remarks>
/// One forward pass that allocates only the ids. What <see cref="WebhookReader"/> later reads names no id that is not here.
/// </remarks>
public sealed class WebhookScan
{
    /// <summary>The most ids taken from one POST: Meta sends up to 1,000 updates in one.</summary>
    public const int MaxIds = 1_000;

    private const int MaxIdLength = 64;

    private readonly HashSet<string> _phoneNumberIds = new(StringComparer.Ordinal);
    private readonly HashSet<string> _businessAccountIds = new(StringComparer.Ordinal);

    private WebhookScan() { }

    /// <summary>Whether it is JSON with a list of entries: what every webhook of Meta is.</summary>
    public bool IsNotification { get; private set; }

    /// <summary>The phone number ids it names (<c>entry[].changes[].value.metadata.phone_number_id</c>), each once.</summary>
    public IReadOnlyCollection<string> PhoneNumberIds => _phoneNumberIds;

    /// <summary>The WhatsApp Business Account ids it names (<c>entry[].id</c>), each once.</summary>
    public IReadOnlyCollection<string> BusinessAccountIds => _businessAccountIds;

    /// <summary>Whether a change in it names no number: it is about an account.</summary>
    public bool IsAboutAccounts { get; private set; }

    /// <summary>Looks through a body. Never throws: what is not JSON to its end is no notification.</summary>
    public static WebhookScan Of(ReadOnlySpan<byte> body)
    {
        var scan = new WebhookScan();
        var reader = new Utf8JsonReader(body);
        try
        {
            var hasEntries = scan.ReadRoot(ref reader);
            scan.IsNotification = hasEntries && !reader.Read();
        }
        catch (JsonException)
        {
            scan.IsNotification = false;
        }

        return scan;
    }

    // {"object":"whatsapp_business_account","entry":[{"id":"<account>","changes":[{"value":{"metadata":{"phone_number_id":"<number>"}}}]}]}
    private bool ReadRoot(ref Utf8JsonReader reader)
    {
        var hasEntries = false;
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return false;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("entry"u8) && Enter(ref reader, JsonTokenType.StartArray))
            {
                hasEntries = true;
                while (NextObject(ref reader))
                    ReadEntry(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }

        return hasEntries;
    }

    private void ReadEntry(ref Utf8JsonReader reader)
    {
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("id"u8))
            {
                ReadId(ref reader, _businessAccountIds);
            }
            else if (reader.ValueTextEquals("changes"u8) && Enter(ref reader, JsonTokenType.StartArray))
            {
                while (NextObject(ref reader))
                    ReadChange(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    private void ReadChange(ref Utf8JsonReader reader)
    {
        var namesNumber = false;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("value"u8) && Enter(ref reader, JsonTokenType.StartObject))
                namesNumber |= ReadValue(ref reader);
            else
                reader.Skip();
        }

        IsAboutAccounts |= !namesNumber;
    }

    private bool ReadValue(ref Utf8JsonReader reader)
    {
        var namesNumber = false;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("metadata"u8) && Enter(ref reader, JsonTokenType.StartObject))
                namesNumber |= ReadMetadata(ref reader);
            else
                reader.Skip();
        }

        return namesNumber;
    }

    private bool ReadMetadata(ref Utf8JsonReader reader)
    {
        var namesNumber = false;
        while (NextProperty(ref reader))
        {
            if (reader.ValueTextEquals("phone_number_id"u8))
                namesNumber |= ReadId(ref reader, _phoneNumberIds);
            else
                reader.Skip();
        }

        return namesNumber;
    }

    /// <summary>Takes an id that is a string or a number; anything else is skipped. True where it was one, known before or not.</summary>
    private static bool ReadId(ref Utf8JsonReader reader, HashSet<string> ids)
    {
        reader.Read();
        if (reader.TokenType is not (JsonTokenType.String or JsonTokenType.Number) || reader.ValueSpan.Length is 0 or > MaxIdLength || ids.Count >= MaxIds)
        {
            reader.Skip();
            return false;
        }

        Span<char> id = stackalloc char[MaxIdLength];
        if (!TryCopy(ref reader, id, out var length) || id[..length].IsWhiteSpace())
            return false;
        ids.GetAlternateLookup<ReadOnlySpan<char>>().Add(id[..length]);
        return true;
    }

    private static bool TryCopy(ref Utf8JsonReader reader, scoped Span<char> target, out int length)
    {
        length = 0;
        if (reader.TokenType == JsonTokenType.Number)
            return System.Text.Encoding.UTF8.TryGetChars(reader.ValueSpan, target, out length);
        try
        {
            length = reader.CopyString(target);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // bytes that are no text are no id
        }
    }

    /// <summary>Moves to the next property of the object the reader is in; false at its end.</summary>
    private static bool NextProperty(ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>Moves into the next object of the list the reader is in, over everything that is none; false at its end.</summary>
    private static bool NextObject(ref Utf8JsonReader reader)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
                return true;
            reader.Skip();
        }

        return false;
    }

    /// <summary>Moves onto a property's value; true, and inside it, when it is of the wanted shape. Otherwise Skip leaves it.</summary>
    private static bool Enter(ref Utf8JsonReader reader, JsonTokenType start)
    {
        reader.Read();
        return reader.TokenType == start;
    }
}
