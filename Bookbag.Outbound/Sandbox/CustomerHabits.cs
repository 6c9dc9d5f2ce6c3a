using System.Buffers.Binary;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Bookbag.Outbound.Sandbox;

/// <summary>
/// What simulated customers do about a template that reached them. Shares are between 0 and 1; of the last five a customer does one at most, and only
/// after having read.
/// </summary>
public sealed record CustomerHabits
{
    /// <summary>Everybody reads, and nobody does anything else.</summary>
    public static CustomerHabits Quiet { get; } = new();

    /// <summary>Who reads.</summary>
    [Range(0, 1)]
    public double Reads { get; init; } = 1;

    /// <summary>Who writes a text.</summary>
    [Range(0, 1)]
    public double Replies { get; init; }

    /// <summary>Of those who write, who quotes the message.</summary>
    [Range(0, 1)]
    public double Quotes { get; init; }

    /// <summary>Who presses one of the template's quick replies; nobody where it has none.</summary>
    [Range(0, 1)]
    public double Presses { get; init; }

    /// <summary>Who writes STOP.</summary>
    [Range(0, 1)]
    public double Stops { get; init; }

    /// <summary>Who stops marketing in WhatsApp itself: marketing fails with 131050 from then on.</summary>
    [Range(0, 1)]
    public double StopsInWhatsApp { get; init; }

    /// <summary>Who blocks the business: what is sent from then on is never delivered.</summary>
    [Range(0, 1)]
    public double Blocks { get; init; }

    /// <summary>How long after having read.</summary>
    public TimeSpan ActsAfter { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>What is written.</summary>
    [MinLength(1), MaxLength(100)]
    public IReadOnlyList<string> Words { get; init; } = ["Thank you!", "Tell me more", "How much is it?"];
}

/// <summary>What a customer does about a message.</summary>
internal enum CustomerAct
{
    Nothing,
    Reply,
    Press,
    Stop,
    StopInWhatsApp,
    Block,
}

/// <summary>
/// Draws what a customer does. The draw is made of the seed, the customer and how many templates they got, so that two runs are the same in whatever order
/// messages arrive. Pure.
/// </summary>
internal readonly record struct CustomerDraw(int Seed, string Phone, int Nth)
{
    public bool Reads(CustomerHabits habits) => habits.Reads >= 1 || Of("reads") < habits.Reads;

    public CustomerAct Act(CustomerHabits habits)
    {
        ReadOnlySpan<(double Share, CustomerAct Act)> shares =
        [
            (habits.Replies, CustomerAct.Reply),
            (habits.Presses, CustomerAct.Press),
            (habits.Stops, CustomerAct.Stop),
            (habits.StopsInWhatsApp, CustomerAct.StopInWhatsApp),
            (habits.Blocks, CustomerAct.Block),
        ];
        double total = 0;
        foreach (var (share, _) in shares)
            total += share;
        if (total <= 0)
            return CustomerAct.Nothing;
        var draw = Of("acts");
        foreach (var (share, act) in shares)
        {
            if (draw < share)
                return act;
            draw -= share;
        }

        return CustomerAct.Nothing;
    }

    public bool Quotes(CustomerHabits habits) => Of("quotes") < habits.Quotes;

    /// <summary>One of some things.</summary>
    public int Choose(int count) => (int)(Of("chooses") * count);

    // 0 to below 1.
    private double Of(string what)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Seed}/{Phone}/{Nth}/{what}")));
        return (BinaryPrimitives.ReadUInt64BigEndian(hash) >> 11) * (1.0 / (1UL << 53));
    }
}
