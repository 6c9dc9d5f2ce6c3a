using Bookbag.Inbound.Answering;
using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Answering;

/// <summary>Sources in the languages and scripts of WhatsApp: what is asked in one is found in it, whatever the database's locale.</summary>
public sealed class LanguageTableTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    [Theory]
    [InlineData("Wie lange dauert die Lieferung?", "Die Lieferung dauert zwei bis drei Werktage.", "wie lange dauern lieferungen", "Was kostet ein Gutschein?")]
    [InlineData("Können Geschenke verpackt werden?", "Wir verpacken Geschenke für 2 Euro.", "verpackt ihr auch geschenk?", "Habt ihr Fahrräder?")]
    [InlineData("Quels sont vos horaires d'ouverture ?", "Nous sommes ouverts de 9 h à 18 h.", "horaires d’ouverture svp", "Vendez-vous des vélos ?")]
    [InlineData("Quanto custa o envio?", "O envio custa 5 euros.", "qual o custo dos envios", "Onde fica a farmácia?")]
    [InlineData("¿Dónde está la tienda?", "La tienda está en la calle Mayor.", "donde esta su TIENDA", "¿Tienen bicicletas?")]
    [InlineData("Quali metodi di pagamento accettate?", "Accettiamo carte e contanti.", "metodi pagamento", "Avete biciclette?")]
    [InlineData("Wat zijn de verzendkosten?", "Verzenden kost vier euro.", "verzendkosten?", "Verkopen jullie fietsen?")]
    [InlineData("Сколько стоит доставка?", "Доставка стоит 300 рублей.", "сколько стоят доставки", "Вы продаёте велосипеды?")]
    [InlineData("Ile kosztuje wysyłka?", "Wysyłka kosztuje 15 zł.", "ile kosztuje wysylka", "Czy sprzedajecie rowery?")]
    [InlineData("Kargo ücreti ne kadar?", "Kargo ücreti 40 liradır.", "kargo ucreti", "Bisiklet satıyor musunuz?")]
    [InlineData("كم تكلفة الشحن؟", "تكلفة الشحن خمسة دنانير.", "تكلفة شحن", "هل تبيعون الدراجات؟")]
    [InlineData("מה שעות הפתיחה?", "אנחנו פתוחים משעה 9 עד 18.", "שעות הפתיחה", "יש לכם אופניים?")]
    [InlineData("डिलीवरी में कितने दिन लगते हैं?", "डिलीवरी में 3 दिन लगते हैं।", "डिलीवरी दिन", "क्या आप साइकिल बेचते हैं?")]
    [InlineData("Πόσο κοστίζει η αποστολή;", "Η αποστολή κοστίζει 4 ευρώ.", "ποσο κοστιζει η ΑΠΟΣΤΟΛΗ", "Έχετε ποδήλατα;")]
    [InlineData("配送需要多久？", "配送一般需要三到五天。", "请问配送要多久", "你们卖自行车吗？")]
    [InlineData("送料はいくらですか？", "送料は500円です。", "送料を教えてください", "自転車はありますか？")]
    [InlineData("배송은 얼마나 걸리나요?", "배송은 2~3일 걸립니다.", "배송 얼마나 걸려요", "자전거 파나요?")]
    [InlineData("จัดส่งใช้เวลากี่วัน", "จัดส่งใช้เวลา 3 วัน", "จัดส่งกี่วัน", "มีจักรยานขายไหม")]
    [InlineData("Phí giao hàng bao nhiêu?", "Phí giao hàng là 30.000 đồng.", "phi giao hang", "Bạn có bán xe đạp không?")]
    public async Task A_question_finds_its_answer_and_another_does_not(string question, string answer, string asked, string offTopic)
    {
        var (workspaceId, agentId) = await MakeKnowledge.AgentAsync(database,
        [
            SourceContent.Pair(question, answer),
            SourceContent.Pair("Who makes the coffee?", "Our coffee is roasted in Porto."),
            SourceContent.Pasted("Warranty", "Every machine has a warranty of two years."),
        ]);
        var retrieval = new Retrieval(database.DataSource);

        var same = await retrieval.FindAsync(workspaceId, agentId, Asked.From(question, []), CancellationToken.None);
        Assert.Equal(answer, same.Pair?.Passage.Text);
        var found = await retrieval.FindAsync(workspaceId, agentId, Asked.From(asked, []), CancellationToken.None);
        Assert.True(found.Score >= AgentSettings.DefaultThreshold, $"{found.Score:0.00} {asked}");
        var other = await retrieval.FindAsync(workspaceId, agentId, Asked.From(offTopic, []), CancellationToken.None);
        Assert.True(other.Score < AgentSettings.DefaultThreshold, $"{other.Score:0.00} {offTopic}");
    }
}
