using System.Globalization;

namespace Bookbag.Outbound.Sending;

/// <summary>What goes to Meta with a message and comes back with its statuses: the recipient's id, and the round where it is not the first.</summary>
public readonly record struct CallbackId(Guid RecipientId, short Round)
{
    /// <inheritdoc />
    public override string ToString() => Round == 1 ? RecipientId.ToString() : string.Create(CultureInfo.InvariantCulture, $"{RecipientId}.{Round}");

    /// <summary>Reads it back; null for a text of somebody else's.</summary>
    public static CallbackId? Parse(string? text)
    {
        var parts = (text ?? "").Split('.', 2);
        short round = 1;
        return Guid.TryParse(parts[0], out var id) && (parts.Length == 1 || short.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out round))
            ? new CallbackId(id, round)
            : null;
    }
}
