namespace Bookbag.Outbound.MessagingLimits;

/// <summary>The scripts over a portfolio's ledger in Redis. Each is atomic; both keys carry the same hash tag.</summary>
/// <remarks>
/// KEYS[1] is the sorted set customer → milliseconds of the last opening, KEYS[2] the epoch, which is there while the set is whole. Times come
/// from the caller, as text: Lua 5.1 writes large numbers in another way than 5.4.
/// </remarks>
internal static class LedgerScripts
{
    /// <summary>
    /// ARGV: opened at, counted since, limit, customers… Returns the epoch, the number of places used, and for each customer <c>0</c> refused,
    /// <c>1</c> a place taken, <c>2</c> counted already. Nothing (nil) when the set is not whole.
    /// </summary>
    public const string Grant = """
        local epoch = redis.call('GET', KEYS[2])
        if not epoch then return false end
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
        local used = redis.call('ZCARD', KEYS[1])
        local limit = tonumber(ARGV[3])
        local marks = {}
        for i = 4, #ARGV do
          if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
            redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
            marks[#marks + 1] = '2'
          elseif used < limit then
            redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
            used = used + 1
            marks[#marks + 1] = '1'
          else
            marks[#marks + 1] = '0'
          end
        end
        return {epoch, used, table.concat(marks)}
        """;

    /// <summary>ARGV: the epoch, customers… Takes them out; nothing happens in another epoch, whose set never had or no longer has them.</summary>
    public const string Release = """
        if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
        local gone = 0
        for i = 2, #ARGV do
          gone = gone + redis.call('ZREM', KEYS[1], ARGV[i])
        end
        return gone
        """;
}
