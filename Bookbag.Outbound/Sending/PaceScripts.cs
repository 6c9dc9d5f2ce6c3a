namespace Bookbag.Outbound.Sending;

/// <summary>The script over whom a number wrote to in the last seconds. Its bucket is <see cref="Bookbag.ServiceDefaults.Redis.NumberPace"/>, for replies share it.</summary>
internal static class PaceScripts
{
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
