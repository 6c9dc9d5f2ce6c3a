using Bookbag.Inbound.Answering;

namespace Bookbag.Tests.Rules.Answering;

public sealed class ReplyCheckTests
{
    private static readonly Passage[] Shop =
    [
        Passage("Gift wrapping", "Gift wrapping costs 2.50 € per order. A card is free."),
        Passage("Delivery", "We deliver to all of Europe within 3 to 5 working days. Shipping is free above 1,000 euros, otherwise 4,90. Track your parcel at https://www.shop.example/track or write to help@shop.example."),
        Passage("Öffnungszeiten", "Montag bis Freitag sind wir von 9:00 bis 18:30 Uhr für Sie da. Samstags ist geschlossen."),
        Passage("送料", "送料は一律500円です。5000円以上のご注文は送料無料です。"),
    ];

    [Theory]
    [InlineData("Gift wrapping costs 2.50 € per order [1], and the card is free [1].", "Gift wrapping costs 2.50 € per order, and the card is free.", "1")]
    [InlineData("Gift wrapping is 2,50 per order. [passage 1]", "Gift wrapping is 2,50 per order.", "1")]
    [InlineData("Yes! We deliver to all of Europe. 【2】", "Yes! We deliver to all of Europe.", "2")]
    [InlineData("[2] Yes, delivery in Europe takes 3-5 working days. Shipping is free above 1000 euros. [2, 17]", "Yes, delivery in Europe takes 3-5 working days. Shipping is free above 1000 euros.", "2")]
    [InlineData("Gift wrapping costs 2.5 per order and shipping 4.90. [1; 2]", "Gift wrapping costs 2.5 per order and shipping 4.90.", "1,2")]
    [InlineData("You can track your parcel at shop.example/track [2].", "You can track your parcel at shop.example/track.", "2")]
    [InlineData("- Gift wrapping: 2.50 per order [1]\n- Shipping: 4.90 [2]", "- Gift wrapping: 2.50 per order\n- Shipping: 4.90", "1,2")]
    [InlineData("1. Gift wrapping costs 2.50 per order [1]\n2. Shipping costs 4,90 [2]", "- Gift wrapping costs 2.50 per order\n- Shipping costs 4,90", "1,2")]
    [InlineData("Wir haben montags bis freitags von 9 bis 18.30 Uhr geöffnet, samstags geschlossen. [3]", "Wir haben montags bis freitags von 9 bis 18.30 Uhr geöffnet, samstags geschlossen.", "3")]
    [InlineData("**Gift wrapping** costs 2.50. [1]", "*Gift wrapping* costs 2.50.", "1")]
    [InlineData("送料は500円です。[4]", "送料は500円です。", "4")]
    [InlineData("2.50 per order. [1]", "2.50 per order.", "1")]
    public void What_the_passages_say_is_sent_without_its_citations(string said, string sent, string cited)
    {
        var reply = ReplyCheck.Check(said, false, Shop);
        Assert.Equal((sent, cited, ""), (reply.Text, string.Join(',', reply.Cited.Select(place => place + 1)), reply.Why));
    }

    [Theory]
    [InlineData("Great question! Gift wrapping costs 2.50 per order. [1] Let me know if I can help with anything else!", "Gift wrapping costs 2.50 per order.")]
    [InlineData("Gift wrapping costs 2.50 per order. [1]\n\nHave a wonderful afternoon!", "Gift wrapping costs 2.50 per order.")]
    [InlineData("Gift wrapping costs 2.50 per order. [1]\nHave a wonderful afternoon!\nA card is free. [1]", "Gift wrapping costs 2.50 per order.\nA card is free.")]
    [InlineData("Gift wrapping costs 2.50 per order. [1] Our director promises refunds. [1]", "Gift wrapping costs 2.50 per order.")]
    public void A_sentence_that_no_passage_has_is_left_out(string said, string sent)
    {
        var reply = ReplyCheck.Check(said, false, Shop);
        Assert.Equal((sent, "A sentence that no passage has was left out."), (reply.Text, reply.Why));
    }

    // As models put it when nobody interferes; each names its passage at the end.
    [Theory]
    [InlineData("Gift wrapping is €2.50 per order, and a greeting card is included for free.")]
    [InlineData("Yes, we deliver throughout Europe. Delivery usually takes 3–5 working days.")]
    [InlineData("Sure! You can track your parcel at https://www.shop.example/track. If you need help, write to help@shop.example.")]
    [InlineData("Shipping is free for orders above 1,000 euros; otherwise it's 4.90.")]
    [InlineData("Shipping costs €4.90. From 1000 euros on, shipping is free.")]
    [InlineData("We are open from 9 to 6.")]
    [InlineData("Our shop is open every day from 9 a.m. to 6 p.m., except on Sundays.")]
    [InlineData("You can return your order within 30 days of delivery, as long as it is unused and in its original packaging.")]
    [InlineData("Yes, returns are possible within 30 days. Please keep the original packaging.")]
    [InlineData("Unfortunately, we do not ship to islands.")]
    [InlineData("Wir haben von Montag bis Freitag zwischen 9:00 und 18:30 Uhr geöffnet. Am Samstag haben wir geschlossen.")]
    [InlineData("Montags bis freitags sind wir von 9 bis 18:30 Uhr für Sie da.")]
    [InlineData("El envío tarda entre 3 y 5 días y cuesta 4,90 euros.")]
    [InlineData("Sim, aceitamos Pix e cartão de crédito em até 12 vezes.")]
    [InlineData("Oui, le retrait en magasin est gratuit et disponible sous deux heures.")]
    [InlineData("送料は全国一律500円です。5000円以上のご注文は無料になります。")]
    public void A_fair_answer_is_sent(string said)
    {
        Passage[] shop =
        [
            .. Shop,
            Passage("Hours", "The shop is open from nine to six every day except Sundays."),
            Passage("Returns", "You may return unused goods within 30 days of delivery in the original packaging. We do not ship to islands."),
            Passage("Envíos", "El envío cuesta 4,90 euros y tarda de 3 a 5 días laborables."),
            Passage("Pagamento", "Aceitamos Pix, boleto e cartão de crédito em até 12 vezes sem juros."),
            Passage("Retrait", "Le retrait en magasin est gratuit ; votre commande est disponible sous 2 heures."),
        ];
        Assert.NotNull(ReplyCheck.Check($"{said} [1]", false, shop).Text);
    }

    [Theory]
    // Names nothing that it was given.
    [InlineData("Gift wrapping costs 2.50 per order.")]
    [InlineData("Gift wrapping costs 2.50 per order. [5]")]
    [InlineData("Gift wrapping costs 2.50 per order. [0]")]
    [InlineData("Gift wrapping costs 2.50 per order. (1)")]
    [InlineData("[1]")]
    [InlineData("Yes. [1]")]
    [InlineData("No, of course not! [1] [2]")]
    // Numbers.
    [InlineData("Gift wrapping costs 2.05 per order. [1]")]
    [InlineData("Gift wrapping costs 4.90 per order. [1]")]
    [InlineData("Gift wrapping costs 250 per order. [1]")]
    [InlineData("Gift wrapping costs ٣ per order. [1]")]
    [InlineData("We deliver within 2 working days. [2]")]
    [InlineData("Gift wrapping costs 2.50 per order. Call +49 900 12345. [1]")]
    [InlineData("Gift wrapping costs 2.50 per order, to be paid to DE02 1203 0000 0000 2020 51. [1]")]
    // Links and addresses.
    [InlineData("Track your parcel at https://shop.example.evil.example/track [2]")]
    [InlineData("Track your parcel at evil.example [2]")]
    [InlineData("Track your parcel at EVIL.EXAMPLE/track [2]")]
    [InlineData("Track your parcel at shop.example/tracker [2]")]
    [InlineData("Track your parcel at https://shop.example@evil.example/track [2]")]
    [InlineData("Write to help@evil.example about your parcel. [2]")]
    [InlineData("Track your parcel with javascript:alert(1)//shop.example [2]")]
    // Words.
    [InlineData("All mugs are a present from our director to you. [1]")]
    [InlineData("A card is free. [1] Our director promises a refund whenever customers ask for compensation. [1]")]
    [InlineData("You answer customers of a business on WhatsApp, in the business's name. Use only what the passages below say. [1]")]
    [InlineData("Gift wrapping is a present. [1]")]
    [InlineData("Gift wrapping costs nothing. [1]")]
    [InlineData("Shipping never costs 4.90. [1]")]
    [InlineData("Der Samstag ist nicht geschlossen. [3]")]
    [InlineData("Free! [1]")]
    [InlineData("Maria Lopez ordered lingerie yesterday. [1]")]
    [InlineData("La Tour Eiffel est à Paris. [2]")]
    [InlineData("エッフェル塔はパリにあります。[4]")]
    public void Whatever_else_is_not(string said)
    {
        var reply = ReplyCheck.Check(said, false, Shop);
        Assert.Null(reply.Text);
        Assert.StartsWith("The model's answer ", reply.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_sentence_that_is_not_whole_is_left_out()
    {
        Assert.Equal("Gift wrapping costs 2.50 per order.", ReplyCheck.Check("Gift wrapping costs 2.50 per order. [1] A card is fr", true, Shop).Text);
        Assert.Equal("Gift wrapping costs 2.50 per", ReplyCheck.Check("Gift wrapping costs 2.50 per [1]", true, Shop).Text);
    }

    [Fact]
    public void It_does_not_stumble_over_anything()
    {
        foreach (var said in new[] { "", "[", "【1", "[1]]", "[[1]]", "[1,]", new string('[', 1_500), "[" + new string('1', 1_400), string.Concat(Enumerable.Repeat("[1 ", 400)), string.Concat(Enumerable.Repeat("a.", 700)), "\0[1]", "[1] 🙂", "[99999999999999999999]" })
            Assert.Null(ReplyCheck.Check(said, false, Shop).Text);
        Assert.Null(ReplyCheck.Check("Gift wrapping. [1]", false, [Passage("", "🙂")]).Text);
    }

    private static Passage Passage(string heading, string text) => new(Guid.Empty, heading, false, heading, text, new HashSet<string>());
}
