using System.Collections.Frozen;
using System.Text;
using AngleSharp.Html;
using AngleSharp.Html.Parser;
using AngleSharp.Html.Parser.Tokens;
using AngleSharp.Text;

namespace Bookbag.Inbound.Knowledge.Websites;

/// <summary>A web page as it is learnt.</summary>
/// <param name="Title">Its first heading, else its title.</param>
/// <param name="Text">What it says, with Markdown's headings.</param>
/// <param name="Links">Where it leads to, as it is written there.</param>
/// <param name="Base">What its links are relative to, as it is written there; null for its own address.</param>
/// <param name="IsForReading">False where the page asks not to be found by programs.</param>
public sealed record WebPage(string Title, string Text, IReadOnlyList<string> Links, string? Base, bool IsForReading);

/// <summary>Makes text of HTML: headings, paragraphs, lists and tables, without menus, forms and scripts.</summary>
/// <remarks>
/// The HTML is read as a row of tags, without a tree of them: building one takes time in the square of its depth, and any site may send a page that
/// is a million elements deep.
/// </remarks>
public static class HtmlText
{
    private const int MostLinks = 5_000;
    private const int LongestCell = 200;

    /// <summary>The page.</summary>
    public static WebPage Read(string html)
    {
        using var tags = new HtmlTokenizer(new TextSource(html), HtmlEntityProvider.Resolver);
        return new Reading(tags).Page();
    }

    private static readonly FrozenSet<string> Blocks = Set("""
        address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer h1 h2 h3 h4 h5 h6 head header hgroup hr html legend li main ol p pre
        section summary table tbody td tfoot th thead tr ul
        """);

    // What is no text of the page: what moves around in it, and what somebody else is to fill in.
    private static readonly FrozenSet<string> Skipped = Set("button canvas dialog form iframe math menu nav noscript object select svg template textarea video audio map");

    private static readonly FrozenSet<string> Raw = Set("iframe noembed noframes style xmp");

    // Elements that may end without saying so, or have no end: they cannot be skipped up to it.
    private static readonly FrozenSet<string> WithoutEnd = Set(
        "area base body br col colgroup dd dt embed head hr html img input li link meta option p param rp rt source tbody td tfoot th thead tr track wbr");

    private static FrozenSet<string> Set(string names) => names.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).ToFrozenSet(StringComparer.Ordinal);

    private sealed class Reading(HtmlTokenizer tags)
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _block = new();
        private readonly List<string> _links = [];
        private readonly List<(string Text, bool IsName)> _cells = [];
        private List<string> _columns = [];
        private string _firstHeading = "";
        private string _title = "";
        private string? _base;
        private bool _isForReading = true;
        private string? _skipping;
        private int _skippingDepth;
        private string _heading = "";
        private int _tables;
        private bool _inCell;
        private bool _inTitle;
        private bool _inTerm;

        public WebPage Page()
        {
            for (var token = tags.Get(); token.Type != HtmlTokenType.EndOfFile; token = tags.Get())
            {
                switch (token.Type)
                {
                    case HtmlTokenType.StartTag:
                        Start(token.AsTag());
                        break;
                    case HtmlTokenType.EndTag:
                        End(token.Name);
                        break;
                    case HtmlTokenType.Character when _inTitle && _title.Length < SourceRequest.LongestName:
                        _title += token.Data;
                        break;
                    case HtmlTokenType.Character when _skipping is null && !_inTitle:
                        Write(token.Data);
                        break;
                }
            }
            EndRow();
            EndBlock();
            var title = _firstHeading.Length > 0 ? _firstHeading : string.Join(' ', _title.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            return new WebPage(PlainText.Clean(title), PlainText.Clean(_text.ToString()), _links, _base, _isForReading);
        }

        private void Start(HtmlTagToken tag)
        {
            var name = tag.Name;
            // The text of some elements has no tags in it, whatever it looks like.
            tags.State = name switch
            {
                "script" => HtmlParseMode.Script,
                "title" or "textarea" => HtmlParseMode.RCData,
                _ when Raw.Contains(name) => HtmlParseMode.Rawtext,
                _ => tags.State,
            };
            if (_skipping is not null)
            {
                if (name == _skipping && !tag.IsSelfClosing)
                    _skippingDepth++;
                return;
            }
            if (name is "script" or "style" or "noembed" or "noframes" or "xmp" || Skipped.Contains(name) || (IsHidden(tag) && !WithoutEnd.Contains(name)))
            {
                if (!tag.IsSelfClosing || name is "script" or "style")
                    (_skipping, _skippingDepth) = (name, 1);
                return;
            }
            switch (name)
            {
                case "a":
                    if (_links.Count < MostLinks && tag.GetAttribute("href") is { Length: > 0 } link && !tag.GetAttribute("rel").Contains("nofollow", StringComparison.OrdinalIgnoreCase))
                        _links.Add(link);
                    break;
                case "base":
                    _base ??= tag.GetAttribute("href") is { Length: > 0 } href ? href : null;
                    break;
                case "meta":
                    ReadMeta(tag);
                    break;
                case "title":
                    _inTitle = _title.Length == 0;
                    break;
                case "br":
                    _block.Append('\n');
                    break;
                default:
                    if (Blocks.Contains(name))
                        Open(name);
                    break;
            }
        }

        private void End(string name)
        {
            if (_skipping is not null)
            {
                if (name == _skipping && --_skippingDepth == 0)
                    _skipping = null;
                return;
            }
            if (name == "title")
                _inTitle = false;
            else if (Blocks.Contains(name))
                Close(name);
        }

        private void Open(string name)
        {
            switch (name)
            {
                case "h1" or "h2" or "h3" or "h4" or "h5" or "h6":
                    EndBlock();
                    _heading = new string('#', name[1] - '0');
                    break;
                // A question that opens its answer.
                case "summary":
                    EndBlock();
                    _heading = "###";
                    break;
                case "li":
                    EndBlock();
                    if (_block.Length == 0)
                        _block.Append("- ");
                    break;
                case "dt":
                    EndBlock();
                    _inTerm = true;
                    break;
                // Stays with the term that it explains.
                case "dd":
                    EndTerm();
                    if (_block.Length > 0 && _block[^1] == ':')
                        _block.Append(' ');
                    else
                        EndBlock();
                    break;
                case "table":
                    EndBlock();
                    if (_tables++ == 0)
                        _columns = [];
                    break;
                case "tr":
                    EndRow();
                    break;
                case "td" or "th" when _tables == 1:
                    EndCell();
                    _inCell = true;
                    _cells.Add(("", name == "th"));
                    break;
                default:
                    EndBlock();
                    break;
            }
        }

        private void Close(string name)
        {
            switch (name)
            {
                case "dt":
                    EndTerm();
                    break;
                case "tr":
                    EndRow();
                    break;
                case "table":
                    EndRow();
                    EndBlock();
                    _tables = Math.Max(0, _tables - 1);
                    break;
                default:
                    EndBlock();
                    break;
            }
        }

        // A term waits for what explains it; a question is the heading of its answer.
        private void EndTerm()
        {
            if (!_inTerm)
                return;
            _inTerm = false;
            var term = _block.ToString().Trim();
            if (term.Length > 0 && !term.EndsWith('?'))
            {
                _block.Clear().Append(term).Append(':');
                return;
            }
            _heading = "###";
            EndBlock();
        }

        private void ReadMeta(HtmlTagToken tag)
        {
            if (tag.GetAttribute("name").Equals("robots", StringComparison.OrdinalIgnoreCase))
            {
                var asks = tag.GetAttribute("content");
                _isForReading &= !asks.Contains("noindex", StringComparison.OrdinalIgnoreCase) && !asks.Contains("none", StringComparison.OrdinalIgnoreCase);
            }
        }

        private static bool IsHidden(HtmlTagToken tag) =>
            tag.Attributes.Exists(attribute => attribute.Name == "hidden" || (attribute.Name == "aria-hidden" && attribute.Value == "true") || (attribute.Name == "role" && attribute.Value == "navigation"));

        // White space is one space, as browsers show it; a line break of <br> stays.
        private void Write(string text)
        {
            foreach (var c in text)
            {
                if (!char.IsWhiteSpace(c))
                    _block.Append(c);
                else if (_block.Length > 0 && _block[^1] is not (' ' or '\n'))
                    _block.Append(' ');
            }
        }

        private void EndBlock()
        {
            if (_inCell)
            {
                if (_block.Length > 0 && !char.IsWhiteSpace(_block[^1]))
                    _block.Append(' ');
                return;
            }
            // The mark of a list item waits for its text: <li><p>…
            if (_block is { Length: 2 } && _block[0] == '-' && _block[1] == ' ')
                return;
            var block = _block.ToString().Trim();
            _block.Clear();
            if (block.Length > 0)
                Append(block, block.StartsWith("- ", StringComparison.Ordinal) ? "\n" : "\n\n");
            _heading = "";
        }

        private void Append(string block, string separator)
        {
            if (_heading.Length > 0)
            {
                block = block.ReplaceLineEndings(" ").TrimStart('-', ' ');
                if (_firstHeading.Length == 0 && _heading.Length == 1)
                    _firstHeading = block;
                block = $"{_heading} {block}";
            }
            else if (block.StartsWith('#'))
                block = block.TrimStart('#', ' ');
            if (_text.Length > 0)
                _text.Append(separator);
            _text.Append(block);
        }

        private void EndCell()
        {
            if (_cells.Count > 0 && _inCell)
                _cells[^1] = (_block.ToString().Trim(), _cells[^1].IsName);
            if (_inCell)
                _block.Clear();
            _inCell = false;
        }

        // A row is a line that can be understood alone: with the names of its columns, or of itself.
        private void EndRow()
        {
            if (_tables > 1)
            {
                EndBlock();
                return;
            }
            EndCell();
            var cells = _cells.ToList();
            _cells.Clear();
            if (cells.Count == 0)
                return;
            if (_columns.Count == 0 && cells.Count > 1 && cells.TrueForAll(cell => cell.IsName))
            {
                _columns = [.. cells.Select(cell => cell.Text)];
                return;
            }
            var row = cells.Exists(cell => cell.Text.Length > LongestCell)
                ? string.Join("\n\n", cells.Select(cell => cell.Text).Where(text => text.Length > 0))
                : _columns.Count > 0
                    ? string.Join("; ", cells.Select((cell, i) => i < _columns.Count && _columns[i].Length > 0 ? $"{_columns[i]}: {cell.Text}" : cell.Text))
                    : cells is [var name, var value] ? $"{name.Text}: {value.Text}" : string.Join(" | ", cells.Select(cell => cell.Text));
            if (row.Length > 0)
                Append(row, "\n");
        }
    }
}
