namespace Bookbag.ServiceDefaults.ActivityLog;

/// <summary>What a request is about, as the handler that knows tells it to the activity log. Of a request.</summary>
/// <remarks>Without a word of the handler's it is what the last id of the path names. Never a message, a secret or a phone number.</remarks>
public sealed class ActivitySubject
{
    private const int Longest = 200;

    /// <summary>The thing's id, where the path does not have it.</summary>
    public Guid? Id { get; private set; }

    /// <summary>What it is called, and what was decided about it.</summary>
    public string? Words { get; private set; }

    /// <summary>Says what it is called.</summary>
    public void Is(string words) => Words = words.Length > Longest ? words[..Longest] : words;

    /// <summary>Says what was made.</summary>
    public void Is(Guid id, string? words = null)
    {
        Id = id;
        if (words is not null)
            Is(words);
    }
}
