using System.Collections.Frozen;
using Bookbag.Inbound.Answering;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Inbound.Webhooks;

/// <summary>What a customer asks of the business's unrequested messages.</summary>
public enum OptWish
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>No more of them.</summary>
    Out,

    /// <summary>To get them again.</summary>
    In,
}

/// <summary>Words by which a customer stops a business's messages or asks for them again. Only a whole message counts: a sentence with "stop" in it is a question.</summary>
public static class OptWords
{
    private const int MaxLength = 40;

    private static readonly FrozenSet<string> Out = Folded(
        "stop", "stop all", "stopall", "stop promotions", "stop messages", "unsubscribe", "unsubscribe me", "opt out", "optout", "opt-out", "remove me", // en
        "baja", "dar de baja", "darme de baja", "alto", "parar", "no más mensajes", "cancelar suscripción", // es
        "sair", "pare", "descadastrar", "cancelar inscrição", "cancelar subscrição", // pt
        "arrêt", "arrêter", "arrêtez", "désabonner", "se désabonner", "me désabonner", "désinscription", // fr
        "stopp", "abmelden", "abbestellen", "austragen", // de
        "basta", "disiscrivi", "disiscrivimi", "disiscriviti", "cancellami", "annulla iscrizione", // it
        "afmelden", "uitschrijven", // nl
        "wypisz", "wypisz mnie", "rezygnuję", // pl
        "avsluta", "avregistrera", "afmeld", "stans", "lopeta", // sv, da, no, fi
        "dezabonare", "odhlásit", "leiratkozás", "διακοπή", "απεγγραφή", // ro, cs, hu, el
        "стоп", "отписаться", "отписка", "отпишите меня", "відписатися", // ru, uk
        "dur", "durdur", "ret", "aboneliği iptal et", "abonelikten çık", // tr
        "توقف", "إيقاف", "ايقاف", "إلغاء الاشتراك", "الغاء الاشتراك", "لغو", "لغو اشتراک", // ar, fa
        "הסר", "הסירו", "הסירו אותי", "הסרה", // he
        "रोकें", "रोको", "बंद करें", "बंद करो", "বন্ধ করুন", "বন্ধ", // hi, bn
        "berhenti", "berhenti langganan", "hủy", "hủy đăng ký", "dừng", "ยกเลิก", "หยุด", "acha", // id/ms, vi, th, sw
        "停止", "配信停止", "ストップ", "退订", "退訂", "取消订阅", "取消訂閱", "수신거부", "중지"); // ja, zh, ko

    private static readonly FrozenSet<string> In = Folded(
        "start", "unstop", "subscribe", "resubscribe", "opt in", "optin", "opt-in", // en
        "alta", "suscribir", "suscribirme", "inscrever", "inscrever-me", // es, pt
        "abonner", "s'abonner", "m'abonner", "réabonner", "abonnieren", "iscrivimi", "iscriviti", "aanmelden", // fr, de, it, nl
        "zapisz mnie", "подписаться", "старт", "підписатися", "abone ol", // pl, ru, uk, tr
        "اشتراك", "اشترك", "ابدأ", "הרשמה", "הירשם", // ar, he
        "सदस्यता लें", "langganan", "mulai", "đăng ký", "สมัคร", // hi, id, vi, th
        "再開", "配信再開", "订阅", "訂閱", "수신동의"); // ja, zh, ko

    /// <summary>What a message asks for: typed, or tapped on a button of that name.</summary>
    public static OptWish WishOf(InboundMessage message) =>
        message is { Imported: false, GroupId: null, Kind: MessageKind.Text or MessageKind.Button or MessageKind.Interactive } ? WishOf(message.Text) : OptWish.None;

    /// <summary>What a text asks for.</summary>
    public static OptWish WishOf(string? text)
    {
        if (text is null || text.Length > MaxLength)
            return OptWish.None;
        var word = Fold(text);
        return Out.Contains(word) ? OptWish.Out : In.Contains(word) ? OptWish.In : OptWish.None;
    }

    private static FrozenSet<string> Folded(params string[] words) => words.Select(Fold).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The words alone: without case, accents and what stands around them.</summary>
    private static string Fold(string text) => string.Join(' ', Words.Of(text));
}
