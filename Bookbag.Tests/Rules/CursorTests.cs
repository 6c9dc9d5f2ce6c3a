using Bookbag.ServiceDefaults.Http;
using FsCheck.Xunit;

namespace Bookbag.Tests.Rules;

public sealed class CursorTests
{
    [Property]
    public void What_was_handed_out_is_read_back(DateTime at, Guid id)
    {
        var cursor = new Cursor(new DateTimeOffset(at.Ticks, TimeSpan.Zero), id);
        Assert.True(Cursor.TryParse(cursor.ToString(), null, out var read));
        Assert.Equal(cursor, read);
    }

    [Property]
    public void Anything_else_is_refused_and_never_throws(string? text) => Assert.False(Cursor.TryParse(text, null, out _));

    [Theory]
    [InlineData("________________________________")]
    [InlineData("AAAA AAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Text_of_the_right_length_is_not_enough(string text) => Assert.False(Cursor.TryParse(text, null, out _));
}
