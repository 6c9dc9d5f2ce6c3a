namespace Bookbag.Edge.Console.Shared;

/// <summary>How good something is; the words beside it say it as well.</summary>
public enum Tone
{
    Quiet,
    Good,
    Busy,
    Warning,
    Bad,
}
