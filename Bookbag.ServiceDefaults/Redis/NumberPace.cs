using StackExchange.Redis;

namespace Bookbag.ServiceDefaults.Redis;

/// <summary>The pace of a phone number as it stands in Redis: a bucket of tokens that all replicas take from, for campaigns and for replies. Replies come first: they never wait, and what they take campaigns wait for.</summary>
/// <remarks>Numbers go in and out as text: Lua 5.1 and 5.4 differ in what is an integer.</remarks>
public static class NumberPace
{
    /// <summary>Where something about a number's pace is kept.</summary>
    public static RedisKey Key(string phoneNumberId, string what) => $"{{pace:{phoneNumberId}}}:{what}";

    /// <summary>Where its bucket is.</summary>
    public static RedisKey Bucket(string phoneNumberId) => Key(phoneNumberId, "bucket");

    /// <summary>KEYS: the bucket. ARGV: now (ms), a second's messages, what is held at most, what is wanted, from no pace to all of it (ms). Returns taken, wait (ms).</summary>
    /// <remarks>What replies took beyond what was there is owed, up to as much as the bucket holds: a crowd of them does not stop campaigns for long.</remarks>
    public const string Take = """
        local b = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'slow', 'slow_at')
        local now = tonumber(ARGV[1])
        local factor = 1
        if b[3] then factor = math.min(1, tonumber(b[3]) + (now - tonumber(b[4])) / tonumber(ARGV[5])) end
        local rate = tonumber(ARGV[2]) * factor
        local held = math.max(1, tonumber(ARGV[3]) * factor)
        local tokens = held
        if b[1] then tokens = math.min(held, math.max(-held, tonumber(b[1])) + math.max(0, now - tonumber(b[2])) * rate / 1000) end
        local taken = math.max(0, math.min(tonumber(ARGV[4]), math.floor(tokens)))
        tokens = tokens - taken
        redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', ARGV[1])
        redis.call('PEXPIRE', KEYS[1], 600000)
        local wait = 0
        if taken < 1 then wait = math.ceil((1 - tokens) * 1000 / rate) end
        return {string.format('%.0f', taken), string.format('%.0f', wait)}
        """;

    /// <summary>KEYS: the bucket. Takes one message whether or not it is there. Where no campaign has taken anything for long there is no bucket, and nobody who would have to wait.</summary>
    public const string TakeFirst = """
        if redis.call('HEXISTS', KEYS[1], 'tokens') == 1 then redis.call('HINCRBYFLOAT', KEYS[1], 'tokens', '-1') end
        return 1
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
}
