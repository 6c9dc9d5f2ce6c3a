using System.Net.Sockets;
using Npgsql;

namespace Bookbag.Inbound.Webhooks;

/// <summary>Whose fault it is when webhooks cannot be applied: the delivery's, or that of what it meets.</summary>
internal static class DeliveryFailure
{
    // Classes of SQLSTATE that a value can cause: cardinality, data, integrity constraint, program limit exceeded.
    private static readonly string[] OfValues = ["21", "22", "23", "54"];

    /// <summary>Whether the same delivery would fail again with everything else in order. An outage, a missing table or a lock is no fault of a delivery.</summary>
    public static bool IsOfTheDelivery(Exception exception) => exception switch
    {
        PostgresException e => OfValues.Contains(e.SqlState[..2]),
        NpgsqlException or TimeoutException or OperationCanceledException or SocketException or IOException or ObjectDisposedException => false,
        _ => true,
    };

    /// <summary>The reason in words that hold nothing of the message.</summary>
    public static string Words(Exception exception) => exception is PostgresException e
        ? $"The database refused it: {e.MessageText} ({e.SqlState})."
        : $"It could not be applied: {exception.GetType().Name}.";
}
