using System.Collections.Frozen;

namespace Bookbag.Inbound.Answering;

/// <summary>Messages that ask nothing.</summary>
public enum SmallTalk
{
    /// <summary>It may ask something.</summary>
    None,

    /// <summary>Hello.</summary>
    Greeting,

    /// <summary>Thanks, or another word to end on.</summary>
    Thanks,
}

/// <summary>Recognises greetings and thanks in the main languages of WhatsApp.</summary>
public static class SmallTalks
{
    // A longer message says more than hello. (Japanese thanks come in nine pairs of characters.)
    private const int MostWords = 10;

    /// <summary>What kind of small talk a message is: every word of it must be of that kind, beside empty words.</summary>
    public static SmallTalk Of(string text)
    {
        var words = Words.Of(text);
        if (words.Count == 0)
            return OfEmoji(text);
        if (words.Count > MostWords || !words.All(word => Greetings.Contains(word) || Thanks.Contains(word) || Fillers.Contains(word)))
            return SmallTalk.None;
        // "Thanks, bye" and "ok thank you" end; "hello, thank you for answering" greets.
        if (words.Any(Greetings.Contains))
            return SmallTalk.Greeting;
        return words.Any(Thanks.Contains) ? SmallTalk.Thanks : SmallTalk.None;
    }

    private static SmallTalk OfEmoji(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is 0x1F44B) // waving hand
                return SmallTalk.Greeting;
            if (rune.Value is 0x1F44D or 0x1F64F or 0x1F44C or 0x2764 or 0x1F44F) // thumbs up, folded hands, OK hand, heart, clapping
                return SmallTalk.Thanks;
        }
        return SmallTalk.None;
    }

    private static readonly FrozenSet<string> Greetings = Set(
        "hi hello hey heya hiya howdy greetings morning evening afternoon hola buenas buenos dias ola oi bonjour bonsoir salut coucou hallo moin servus bom boa dia tarde noite tardes noches guten tag morgen abend ciao salve",
        "buongiorno buonasera goedemorgen goedemiddag goedenavond goedendag привет здравствуите добрыи день вечер утро مرحبا اهلا سلام عليكم merhaba selam gunaydin halo selamat pagi siang malam नमस्ते नमस्कार",
        "你好 您好 早上 上好 晚上 下午 午好 こん んに にち ちは こん んば ばん んは おは はよ よう 안녕 녕하 하세 세요 xin chao สวัสดี สวัส วัสด ัสดี dzien dobry czesc hej");

    private static readonly FrozenSet<string> Thanks = Set(
        "thanks thank thx ty cheers ok okay great perfect bye goodbye cool super gracias adios obrigado obrigada valeu tchau merci danke dank dankeschon tschuss grazie arrivederci bedankt dankjewel doei",
        "спасибо пока شكرا tesekkurler sagol terima kasih makasih धन्यवाद शुक्रिया 谢谢 謝謝 多谢 多謝 再见 再見 あり りが がと とう 감사 사합 합니 니다 dziekuje tack cam on");

    private static readonly FrozenSet<string> Fillers = Set(
        "good there you so much very a lot for all the everyone team again your help answering answer quick that is dear sir madam much muchas muchos por todo muito beaucoup bien vielen lieben viel schon sehr mille tante molto heel erg veel",
        "большое вам جزيلا cok banyak うご ござ ざい いま ます 您 你");

    private static FrozenSet<string> Set(params string[] lines) =>
        string.Join(' ', lines).Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();
}
