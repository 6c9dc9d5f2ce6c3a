using System.Globalization;
using System.Text;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Sandbox;

/// <summary>Gives a portfolio the next messaging limit when half of the present one is used and its numbers are of good quality, as Meta does within six hours.</summary>
/// <remarks>Meta looks at the last seven days; here the half must be used within the moving 24 hours.</remarks>
internal sealed class TierUpgrades(SandboxState state, Schedule schedule, WebhookOutbox outbox)
{
    private static readonly int[] Levels = [250, 2_000, 10_000, 100_000];

    /// <summary>A customer was opened. Call it under the gate.</summary>
    public void Look(SandboxPortfolio portfolio, DateTimeOffset now)
    {
        if (portfolio.UpgradeAfter is not { } wait || portfolio.IsUpgrading || MessagingLimitTiers.Parse(portfolio.Tier).Limit is not { } limit
            || portfolio.Openings.Count(now) * 2 < limit || state.NumbersOf(portfolio).Any(n => n.QualityRating != "GREEN"))
            return;
        portfolio.IsUpgrading = true;
        schedule.At(now + wait, _ => Upgrade(portfolio, limit));
    }

    private void Upgrade(SandboxPortfolio portfolio, int from)
    {
        var next = Levels.Cast<int?>().FirstOrDefault(level => level > from);
        List<SandboxNumber> told;
        lock (state.Gate)
        {
            portfolio.IsUpgrading = false;
            // Somebody chose another tier meanwhile.
            if (MessagingLimitTiers.Parse(portfolio.Tier).Limit != from)
                return;
            portfolio.Tier = MessagingLimitTiers.Parse(next?.ToString(CultureInfo.InvariantCulture) ?? "UNLIMITED").Name!; // one of the levels, or none
            told = [.. state.NumbersOf(portfolio).DistinctBy(n => n.Account)];
        }

        // A number in Meta's example, a word where there is no limit; each account of the portfolio is told.
        var value = next is { } level ? level.ToString(CultureInfo.InvariantCulture) : "\"UNLIMITED\"";
        foreach (var number in told)
            outbox.Add(new RawUpdate(number, "business_capability_update", Encoding.UTF8.GetBytes($$"""{"max_daily_conversations_per_business":{{value}},"max_phone_numbers_per_business":20}""")));
    }
}
