using System.Globalization;

namespace Bookbag.ServiceDefaults.WhatsApp;

/// <summary>Texts that are longer than one message may be.</summary>
public static class MessageText
{
    // Where a reader would pause, best first.
    private static readonly string[] Pauses = ["\n\n", "\n", ". ", "! ", "? ", "; ", ", ", " "];

    /// <summary>
    /// A text in pieces that are each short enough for a message: cut between paragraphs, else lines, sentences, words, and within a
    /// word only where nothing else is left, never inside what a reader sees as one character.
    /// </summary>
    public static IReadOnlyList<string> Split(string text, int max = OutgoingMessage.MaxText)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(max, 1);
        var pieces = new List<string>();
        var rest = text.AsSpan().Trim();
        while (rest.Length > max)
        {
            var end = EndOfPiece(rest, max);
            pieces.Add(rest[..end].TrimEnd().ToString());
            rest = rest[end..].TrimStart();
        }

        if (rest.Length > 0)
            pieces.Add(rest.ToString());
        return pieces;
    }

    private static int EndOfPiece(ReadOnlySpan<char> rest, int max)
    {
        foreach (var pause in Pauses)
        {
            // The white space of a pause is cut off, so it may lie behind the end. A pause early in the piece would leave a scrap
            // of a message: better a lesser one further on.
            var at = rest[..Math.Min(rest.Length, max + pause.Length - pause.TrimEnd().Length)].LastIndexOf(pause);
            if (at >= max / 2)
                return at + pause.Length;
        }

        return EndOfCharacter(rest, max);
    }

    /// <summary>The last boundary between visible characters at or before the maximum; a single one that is longer is cut between code points.</summary>
    private static int EndOfCharacter(ReadOnlySpan<char> rest, int max)
    {
        var end = 0;
        while (StringInfo.GetNextTextElementLength(rest[end..]) is var length && end + length <= max)
            end += length;
        return end > 0 ? end
            : max > 1 && char.IsHighSurrogate(rest[max - 1]) && char.IsLowSurrogate(rest[max]) ? max - 1
            : max;
    }
}
