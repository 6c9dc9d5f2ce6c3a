using System.ComponentModel.DataAnnotations;

namespace Bookbag.Inbound.Conversations;

/// <summary>How turns are worked on.</summary>
public sealed class TurnOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Turns";

    /// <summary>How many conversations a replica works on at the same time; 0 for one that leaves them to the others.</summary>
    [Range(0, 1000)]
    public int MaxConcurrency { get; set; } = 32;

    /// <summary>How long a worker owns a conversation without a sign of life. While a call of Graph is in flight it is never less than that may take.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a reply whose outcome is unknown waits for its status webhook before it is sent once more.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan SettleAfter { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How often the queue is looked at when nothing wakes the worker up.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan PollEvery { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long an answer may take before the customer sees "typing".</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan TypingAfter { get; set; } = TimeSpan.FromMilliseconds(400);

    /// <summary>How many earlier messages the answer knows of.</summary>
    [Range(0, 200)]
    public int HistoryMessages { get; set; } = 20;

    /// <summary>How often an answer is tried to be made before a person is asked.</summary>
    [Range(1, 20)]
    public int MaxAnswerAttempts { get; set; } = 4;

    /// <summary>How often a reply that Meta refuses for now is handed to it before it counts as failed.</summary>
    [Range(1, 100)]
    public int MaxSendAttempts { get; set; } = 12;

    /// <summary>How long what cannot be sent waits between two looks while its channel is not connected.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan NotConnectedDelay { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a message whose file is still on its way to Meta is looked at, when nothing wakes the worker up.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan UploadTime { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long an answer waits for a picture or voice note to be fetched and read, where a model reads them.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ReadingTime { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>How long a stopping replica gives the answers in the making; then it leaves them to the others.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan DrainFor { get; set; } = TimeSpan.FromSeconds(15);
}
