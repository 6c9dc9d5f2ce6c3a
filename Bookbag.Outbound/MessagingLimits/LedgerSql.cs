namespace Bookbag.Outbound.MessagingLimits;

/// <summary>The fence of a portfolio's ledger, and what is counted.</summary>
internal static class LedgerSql
{
    /// <summary>
    /// Holds the epoch until the end of the transaction, so that nobody rebuilds before what was granted under it is committed. A row when the
    /// epoch still holds and the copy has this number's openings too.
    /// </summary>
    public const string Hold = """
        SELECT 1 FROM outbound.ledgers WHERE portfolio = @portfolio AND epoch = @epoch AND @number = ANY (numbers) FOR SHARE
        """;

    /// <summary>Keeps everybody else out until the end of the transaction, and makes what others have granted and not committed void.</summary>
    public const string Seize = """
        INSERT INTO outbound.ledgers AS l (portfolio, epoch, numbers) VALUES (@portfolio, @epoch, @numbers)
        ON CONFLICT (portfolio) DO UPDATE SET epoch = @epoch, numbers = (SELECT array_agg(DISTINCT n) FROM unnest(l.numbers || @numbers) n)
        RETURNING numbers
        """;

    /// <summary>Grants without a limit are not in Redis: its copy may not be used any more. Touches nothing where none was.</summary>
    public const string Forget = "UPDATE outbound.ledgers SET epoch = NULL WHERE portfolio = @portfolio AND epoch IS NOT NULL";

    /// <summary>Who counts since a time, and since when each does. A range of the primary key.</summary>
    public const string Counted = """
        SELECT customer, max(opened_at) FROM outbound.openings
        WHERE portfolio = ANY (@portfolios) AND opened_at > @since
        GROUP BY customer
        """;

    /// <summary>Of some customers, those who count already; and how many customers count in all.</summary>
    public const string CountedOf = """
        SELECT (SELECT count(DISTINCT customer)::int FROM outbound.openings WHERE portfolio = ANY (@portfolios) AND opened_at > @since),
               ARRAY(SELECT DISTINCT customer FROM outbound.openings WHERE portfolio = ANY (@portfolios) AND customer = ANY (@customers) AND opened_at > @since)
        """;

    /// <summary>When the next place frees up: when the first of those who count has counted for as long as they do.</summary>
    public const string NextFree = """
        SELECT min(last_at) FROM (
            SELECT max(opened_at) AS last_at FROM outbound.openings
            WHERE portfolio = ANY (@portfolios) AND opened_at > @since GROUP BY customer) counted
        """;

    /// <summary>Enters openings.</summary>
    public const string Enter = """
        INSERT INTO outbound.openings (portfolio, customer, opened_at, source)
        SELECT @portfolio, customer, @opened_at, @source FROM unnest(@customers) customer
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Takes openings of failed messages out. Returns the customers that no other opening counts any more.</summary>
    public const string Withdraw = """
        WITH gone AS (
            DELETE FROM outbound.openings o USING unnest(@customers, @opened) AS f (customer, opened_at)
            WHERE o.portfolio = ANY (@portfolios) AND o.customer = f.customer AND o.opened_at = f.opened_at
            RETURNING o.customer, o.opened_at)
        SELECT DISTINCT gone.customer FROM gone
        WHERE NOT EXISTS (
            SELECT FROM outbound.openings o
            WHERE o.portfolio = ANY (@portfolios) AND o.customer = gone.customer AND o.opened_at > @since
              AND NOT EXISTS (SELECT FROM gone g WHERE g.customer = o.customer AND g.opened_at = o.opened_at))
        """;

    /// <summary>
    /// Meta told a tier: every number of the portfolio has it, and campaigns that wait for places look again at once where it is another one. <c>@changed</c>: it is another one, and the
    /// number that Meta told it of has it already.
    /// </summary>
    public const string SpreadTier = """
        WITH own AS (SELECT id, portfolio_id FROM platform.channels WHERE id = @channel),
        known AS (
            SELECT c.id, c.tier FROM platform.channels c, own WHERE c.id = own.id OR c.portfolio_id = own.portfolio_id),
        told AS (
            UPDATE platform.channels c SET tier = @tier FROM known WHERE c.id = known.id AND known.tier IS DISTINCT FROM @tier)
        UPDATE outbound.campaigns c SET wait_until = @now FROM known
        WHERE c.channel_id = known.id AND c.state = 'waiting' AND c.reason = 'messaging_limit' AND c.wait_until > @now
          AND (@changed OR EXISTS (SELECT FROM known k WHERE k.tier IS DISTINCT FROM @tier))
        """;

    /// <summary>Openings that count no more.</summary>
    public const string Prune = "DELETE FROM outbound.openings WHERE opened_at < @before";
}
