using Microsoft.EntityFrameworkCore;

namespace Bookbag.Inbound.Knowledge;

/// <summary>What the demo agent knows: a small shop for paper and pens, so that a new user sees real answers at once.</summary>
public static class DemoKnowledge
{
    /// <summary>The shop's Q&amp;A pairs and texts.</summary>
    public static IReadOnlyList<SourceContent> Sources { get; } =
    [
        SourceContent.Pair("What are your opening hours?",
            "Our shop is open Monday to Friday from 9:00 to 18:30 and Saturday from 10:00 to 16:00. We are closed on Sundays and public holidays."),
        SourceContent.Pair("Where is your shop?",
            "Our address is 12 Lantern Street, next to the old post office. The tram stop Harbour Square is two minutes away."),
        SourceContent.Pair("How long does delivery take?",
            "Orders placed before 14:00 leave our shop the same day. Delivery takes 2 to 3 working days within the country and 4 to 7 working days to the rest of Europe."),
        SourceContent.Pair("How much is shipping?",
            "Shipping costs €3.90 within the country and €8.90 to the rest of Europe. Orders over €45 are shipped free of charge within the country."),
        SourceContent.Pair("Do you gift wrap?",
            "Yes, with pleasure! Gift wrapping costs €2.50 per order, and you can add a handwritten card with up to 200 characters for free."),
        SourceContent.Pair("Which payment methods do you accept?",
            "You can pay by credit card, PayPal, bank transfer or on invoice. In the shop we also take cash."),
        SourceContent.Pair("Can I return an item?",
            "You can return unused items within 30 days. Write to us here with your order number and we send you a prepaid return label. Personalised items cannot be returned."),
        SourceContent.Pair("Do you engrave fountain pens?",
            "We engrave every metal fountain pen with up to 20 characters for €6. Engraving adds one working day to the delivery time."),
        SourceContent.Pair("¿Cuánto tarda el envío?",
            "El envío tarda de 2 a 3 días laborables dentro del país y de 4 a 7 días laborables al resto de Europa."),
        SourceContent.Pasted("Refunds and exchanges", """
            # Refunds

            As soon as your return arrives we check it and refund the full price within five working days, to the account you paid from.
            Shipping costs are refunded only when the item was faulty or we sent the wrong one.

            # Exchanges

            Would you rather have another colour or size? Tell us when you ask for the return label, and we put the new item aside for you.
            An exchange is free of charge once per order.

            # Damaged parcels

            If something arrives damaged, please send us a photo of the item and of the box within seven days.
            You do not need to send it back: we replace it at once or give you your money back.
            """),
        SourceContent.Pasted("About our paper", """
            # Notebooks

            Our notebooks are bound by hand in our own workshop. They have 192 pages of 100 gsm paper, which takes fountain pen ink without bleeding through.
            You can choose between blank, lined and dotted pages, in the sizes A5 and A6.

            # Sustainability

            All of our paper is recycled or comes from certified forests. The covers are made from vegetable-tanned leather or from cork, for those who prefer a vegan notebook.

            # Care

            Keep leather covers away from water. Marks can be wiped off with a dry, soft cloth; a little beeswax twice a year keeps the leather supple.
            """),
        SourceContent.Pasted("Workshops and gift cards", """
            # Calligraphy workshops

            On the first Saturday of every month we hold a calligraphy workshop for beginners, from 10:00 to 13:00. It costs €55 per person including materials.
            Please book at least one week ahead; groups have at most eight people.

            # Gift cards

            Gift cards are available for any amount from €10 on. They arrive by e-mail within a few minutes and are valid for three years, online and in the shop.

            # Bulk orders

            Companies and schools get 10 % off from 25 notebooks on and 15 % off from 100. Logos can be embossed on the cover; this takes about two weeks.
            """),
    ];

    /// <summary>Gives an agent the shop's knowledge, unless it has some already.</summary>
    public static async Task AddAsync(InboundDb db, KnowledgeBase knowledge, Guid workspaceId, Guid agentId, CancellationToken cancellationToken)
    {
        if (await db.Set<Source>().AnyAsync(source => source.AgentId == agentId, cancellationToken))
            return;
        foreach (var content in Sources)
            await knowledge.AddAsync(workspaceId, agentId, content, cancellationToken);
    }
}
