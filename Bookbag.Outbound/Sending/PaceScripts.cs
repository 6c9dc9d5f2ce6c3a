namespace Bookbag.Outbound.Sending;

/// <summary>The scripts over a number's pace in Redis: <see cref="PaceBucket"/> shared by all replicas, and who was written to in the last seconds.</summary>
/// <remarks>Numbers go in and out as text: Lua 5.1 and 5.4 differ in what is an integer.</remarks>
internal static class PaceScripts
{
    /// <summary>KEYS: the bucket. ARGV: now (ms), a second's messages, what is held at most, what is wanted, from no pace to all of it (ms). Returns taken, wait (ms).</summary>
    public const string Take = """
        local b = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'slow', 'slow_at')
        local now = tonumber(ARGV[1])
        local factor = 1
        if b[3] then factor = math.min(1, tonumber(b[3]) + (now - tonumber(b[4])) / tonumber(ARGV[5])) end
        local rate = tonumber(ARGV[2]) * factor
        local held = math.max(1, tonumber(ARGV[3]) * factor)
        local tokens = held
        if b[1] then tokens = math.min(held, tonumber(b[1]) + math.max(0, now - tonumber(b[2])) * rate / 1000) end
        local taken = math.max(0, math.min(tonumber(ARGV[4]), math.floor(tokens)))
        tokens = tokens - taken
        redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 600000)
        local wait = 0
        if taken < 1 then wait = math.ceil((1 - tokens) * 1000 / rate) end
        return {string.format('%.0f', taken), string.format('%.0f', wait)}
        """;

    /// <summary>KEYS: the bucket. ARGV: now (ms), from no pace to all of it (ms), the slowest share.</summary>
    public const string SlowDown = """
        local b = redis.call('HMGET', KEYS[1], 'slow', 'slow_at')
        local now = tonumber(ARGV[1])
        local factor = 1
        if b[1] then
          if now - tonumber(b[2]) < 1000 then return 0 end
          factor = math.min(1, tonumber(b[1]) + (now - tonumber(b[2])) / tonumber(ARGV[2]))
        end
        redis.call('HSET', KEYS[1], 'slow', string.format('%.6f', math.max(tonumber(ARGV[3]), factor / 2)), 'slow_at', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 600000)
        return 1
        """;

    /// <summary>KEYS: the customers written to, by when. ARGV: now, since when one counts (ms), customers… Returns for each <c>1</c> may be written to, <c>0</c> not yet.</summary>
    public const string Pairs = """
        redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
        local marks = {}
        for i = 3, #ARGV do
          if redis.call('ZSCORE', KEYS[1], ARGV[i]) then
            marks[#marks + 1] = '0'
          else
            redis.call('ZADD', KEYS[1], ARGV[1], ARGV[i])
            marks[#marks + 1] = '1'
          end
        end
        redis.call('PEXPIRE', KEYS[1], 60000)
        return table.concat(marks)
        """;
}
