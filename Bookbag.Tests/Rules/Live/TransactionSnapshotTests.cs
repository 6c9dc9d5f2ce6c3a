using Bookbag.Inbound.Live;

namespace Bookbag.Tests.Rules.Live;

public sealed class TransactionSnapshotTests
{
    [Theory]
    [InlineData(99, true)]
    [InlineData(100, false)]
    [InlineData(101, true)]
    [InlineData(102, false)]
    [InlineData(103, true)]
    [InlineData(104, false)]
    public void Sees_what_was_committed_when_it_was_taken(ulong transaction, bool seen) => Assert.Equal(seen, Of("100:104:100,102").Sees(transaction));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("100")]
    [InlineData("100:99:")]
    [InlineData("0:1:")]
    [InlineData("100:104:104")]
    [InlineData("100:104:99")]
    [InlineData("100:104:102,101")]
    [InlineData("100:104:x")]
    [InlineData("-1:104:")]
    [InlineData("100:104:'; DROP TABLE")]
    [InlineData("100:18446744073709551615:")]
    public void What_Postgres_would_refuse_is_refused(string? text) => Assert.False(TransactionSnapshot.TryParse(text, out _));

    [Theory]
    [InlineData("100:104:", "100:104:", true)]
    [InlineData("100:106:", "100:104:", true)]
    [InlineData("100:104:", "100:104:100", true)]
    [InlineData("100:104:100", "100:104:", false)]
    [InlineData("100:106:100,105", "100:104:100", true)]
    [InlineData("100:103:", "100:104:", false)]
    public void Includes_an_earlier_one(string later, string earlier, bool includes) => Assert.Equal(includes, Of(later).Includes(Of(earlier)));

    private static TransactionSnapshot Of(string text) => TransactionSnapshot.TryParse(text, out var snapshot) ? snapshot : throw new FormatException(text);
}
