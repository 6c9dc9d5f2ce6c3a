namespace Bookbag.Outbound.MessagingLimits;

internal static class OpeningsSql
{
    // How many customers count in the window that ends now, and when the first of them counts no more: 24 hours after the latest message
    // that opened a conversation with him. Changes nothing. The primary key serves it: one range of one or two portfolios.
    public const string Use = """
        SELECT count(*)::int, min(counted.last_at) + @window
        FROM (
            SELECT customer, max(opened_at) AS last_at
            FROM outbound.openings
            WHERE portfolio = ANY (@portfolios) AND opened_at > @now - @window AND opened_at <= @now
            GROUP BY customer
        ) counted
        """;
}
