using System.Collections.Frozen;
using System.Text.RegularExpressions;

namespace Bookbag.Inbound.Answering;

/// <summary>Recognises that a customer asks for a person, in the main languages of WhatsApp.</summary>
/// <remarks>
/// Exact rather than clever: it takes a wish (talk to, connect me with) and whom (a person, an agent) side by side, or a message of nothing but
/// whom. "Is there a person in the shop on Sundays?" or "Do you sell human anatomy books?" ask for nobody. What is missed here, the model or the guardrail sees.
/// </remarks>
public static partial class AsksForPerson
{
    private const int MostWordsOfBareWish = 4;
    private static readonly char[] ClauseEnds = [.. ".,;:!?¿¡،؛؟।"];

    /// <summary>Whether a message, or a line of several, asks for a person.</summary>
    public static bool In(string text) => text.Split('\n').Any(InLine);

    private static bool InLine(string line)
    {
        var joined = string.Concat(line.Where(c => !char.IsWhiteSpace(c)));
        if (Unspaced.Any(phrase => joined.Contains(phrase, StringComparison.Ordinal)))
            return true;
        // Clause by clause: in "It does not work, let me talk to a person" the "not" is of another one.
        return IsBare(Words.Of(line)) || line.Split(ClauseEnds).Any(clause => Wish().IsMatch($" {string.Join(' ', Words.Of(clause))} "));
    }

    // "Agent, please!"
    private static bool IsBare(List<string> words)
    {
        var meant = words.Where(word => !Politeness.Contains(word)).ToList();
        return meant.Count is > 0 and <= MostWordsOfBareWish && Bare.Contains(string.Join(' ', meant));
    }

    private static readonly FrozenSet<string> Politeness =
        "please pls now a an the por favor um uma un una unos ahora agora s il vous plait svp bitte jetzt ein eine einen einem per favore alstublieft een пожалуиста lutfen tolong min فضلك من".Split(' ').ToFrozenSet();

    private static readonly FrozenSet<string> Bare = FrozenSet.ToFrozenSet(
    [
        "human", "person", "real person", "real human", "human being", "live person", "agent", "human agent", "live agent", "operator", "representative", "customer service", "live chat",
        "humano", "persona real", "persona", "agente", "agente humano", "asesor", "operador", "representante", "atencion al cliente",
        "atendente", "atendente humano", "atendimento humano", "pessoa", "pessoa real",
        "humain", "conseiller", "agent humain", "operateur", "vraie personne", "service client",
        "mensch", "echter mensch", "mitarbeiter", "mitarbeiterin", "menschlicher mitarbeiter", "berater", "kundenservice",
        "operatore", "operatore umano", "umano", "persona reale", "medewerker", "klantenservice", "echt persoon",
        "оператор", "человек", "живои человек", "менеджер", "موظف", "انسان", "شخص حقيقي", "temsilci", "musteri temsilcisi", "canli destek", "insan", "manusia", "konsultant",
    ]);

    // Scripts without spaces: these phrases mean nothing else.
    private static readonly string[] Unspaced =
    [
        "转人工", "轉人工", "人工客服", "人工服务", "人工服務", "真人客服", "找真人", "找人工", "接人工", "跟真人", "和真人", "与真人",
        "人と話したい", "人間と話", "オペレーターと話", "オペレーターにつな", "オペレータにつな", "担当者と話", "担当者につな", "スタッフと話", "有人対応", "有人チャット",
        "상담원연결", "상담사연결", "상담원과", "상담사와", "상담원이랑", "사람과대화", "사람이랑대화", "사람과이야기", "직원연결", "직원과통화",
        "คุยกับเจ้าหน้าที่", "คุยกับพนักงาน", "คุยกับแอดมิน", "คุยกับคน", "ติดต่อเจ้าหน้าที่",
    ];

    // The words are plain: small, without accents and apostrophes (Words.Of). Nobody asks who says "not".
    [GeneratedRegex("""
        (?<!\ (?:not|dont|don\ t|never|without|nicht|no\ quiero|nao\ quero|sans|pas|non|niet|не)(?:\ \S+){0,3})\ (?:
        # English
          (?:talk|speak|chat)\ (?:to|with)\ (?:(?:a|an|the|your|some|any|one|of|real|live|actual|human|another|customer|support|service|sales)\ ){0,4}
            (?:human|humans|person|people|someone|somebody|agent|representative|rep|operator|advisor|adviser|employee|staff|manager|supervisor|colleague|support|service|team)
        | (?:connect|transfer|forward|redirect|switch|pass|hand|put)\ (?:me|us)\ (?:(?:over|on|through)\ )?(?:to|with)\ (?:(?:a|an|the|your|some|any|real|live|actual|human|another|customer|support)\ ){0,4}
            (?:human|person|someone|somebody|agent|representative|rep|operator|advisor|adviser|employee|staff|manager|supervisor|colleague|support|service|team)
        | put\ me\ in\ touch\ with\ (?:(?:a|an|the|your|real|live|human)\ ){0,3}(?:human|person|someone|somebody|agent|representative|colleague|team)
        | (?:want|need|prefer|get\ me|give\ me|would\ like|d\ like|id\ like)\ (?:an?\ )?(?:(?:real|live|actual|human)\ ){0,2}(?:human|real\ person|live\ person|human\ being|live\ agent|human\ agent|agent|representative|operator)(?:\ (?:please|pls|now|here|instead))*(?=\ $)
        # Spanish
        | (?:hablar|comunicarme|comunicarnos|comunicame|comuniqueme|chatear|conectarme|conectame|conecteme|pasame|paseme|pasarme|ponme|pongame|ponerme|transfiereme|transfierame|transferirme|contactar)\ (?:en\ contacto\ )?(?:con|a)\ (?:(?:un|una|el|la|algun|alguna|otro|otra|su|tu|verdadero|verdadera)\ ){0,3}
            (?:persona|humano|humana|agente|asesor|asesora|operador|operadora|representante|alguien|ser\ humano|encargado|encargada|ejecutivo|ejecutiva|empleado|servicio\ al\ cliente|atencion\ al\ cliente|soporte)
        | (?:quiero|necesito|prefiero|quisiera|dame|deme)\ (?:un|una)\ (?:persona\ real|humano|agente|agente\ humano|asesor|asesora|operador|operadora|representante)(?:\ (?:por|favor|ahora|ya))*(?=\ $)
        | (?:que\ )?me\ atienda\ (?:un|una)\ (?:persona|humano|agente|asesor|asesora)
        # Portuguese
        | (?:(?:falar|conversar)\ com|(?:me\ (?:conectar?|conecta|transferir?|transfira|transfere|passar?|passa|passe)|(?:transfira|transfere|passe|passa)\ me)\ (?:com|para|pra|pro))\ (?:(?:um|uma|o|a|algum|alguma|seu|sua|outro|outra)\ ){0,2}
            (?:pessoa|humano|humana|atendente|alguem|operador|operadora|representante|agente|funcionario|funcionaria|consultor|consultora|responsavel|gerente|suporte|ser\ humano)
        | (?:quero|preciso|gostaria)\ (?:de\ )?(?:um|uma)?\ ?(?:atendente|humano|pessoa\ real|operador|operadora)(?:\ (?:por|favor|agora))*(?=\ $)
        | (?:quero|preciso|gostaria)\ (?:de\ )?(?:um\ )?atendimento\ humano
        # French
        | (?:parler|discuter|echanger)\ (?:a|avec)\ (?:(?:un|une|le|la|l|votre|vrai|vraie|veritable|autre|du|de)\ ){0,3}
            (?:humain|personne|quelqu\ un|conseiller|conseillere|agent|operateur|operatrice|representant|employe|responsable|service\ client|etre\ humain|collegue)
        | (?:mettez|mettre|met|mets)\ (?:moi\ )?en\ (?:relation|contact)\ avec\ (?:(?:un|une|votre|vrai|vraie)\ ){0,2}(?:humain|personne|quelqu\ un|conseiller|conseillere|agent|operateur|collegue)
        | (?:veux|voudrais|souhaite|besoin\ d|passez\ moi|transferez\ moi\ a)\ (?:un|une)\ (?:humain|vraie\ personne|conseiller|conseillere|agent|operateur|agent\ humain)(?:\ (?:s|il|vous|plait|svp))*(?=\ $)
        # German
        | mit\ (?:(?:einem|einer|dem|der|ihrem|ihrer|eurem|echten|richtigen|menschlichen|anderen)\ ){0,3}
            (?:mensch|menschen|person|mitarbeiter|mitarbeiterin|berater|beraterin|kollegen|kollegin|jemand|jemandem|jemanden|kundenservice|kundendienst|kundenberater|ansprechpartner|support|service)\ (?:\S+\ ){0,3}?
            (?:sprechen|reden|schreiben|chatten|telefonieren|verbinden|verbunden)
        | (?:an|zu)\ (?:(?:einen|eine|einem|einer|den|die|ihren|ihre|echten|richtigen|menschlichen)\ ){0,3}
            (?:menschen|mitarbeiter|mitarbeiterin|berater|beraterin|kollegen|kollegin|kundenservice|kundendienst|support)\ (?:\S+\ )?(?:weiterleiten|weitergeleitet|verbinden|verbunden)
        | (?:sprechen|reden|chatten|verbinden|verbinde|leiten)\ (?:sie\ )?(?:mich\ )?(?:\S+\ )?(?:mit|an|zu)\ (?:(?:einem|einer|einen|eine|dem|der|ihrem|ihrer|eurem|echten|richtigen|menschlichen)\ ){0,3}
            (?:mensch|menschen|person|mitarbeiter|mitarbeiterin|berater|beraterin|kollegen|kollegin|jemand|jemandem|jemanden|kundenservice|kundendienst|kundenberater|ansprechpartner)
        | (?:will|mochte|brauche)\ (?:einen|eine)\ (?:echten\ |echte\ |menschlichen\ )?(?:mensch|menschen|mitarbeiter|mitarbeiterin|berater|ansprechpartner)(?:\ (?:bitte|jetzt|sprechen))*(?=\ $)
        # Italian
        | (?:parlare|chattare|parlarne)\ con\ (?:(?:un|una|il|la|l|vero|vera|vostro|altro|altra)\ ){0,3}
            (?:umano|persona|operatore|operatrice|agente|consulente|rappresentante|qualcuno|addetto|responsabile|assistenza|servizio\ clienti|essere\ umano|collega)
        | (?:passami|mi\ passi|passatemi|mettimi\ in\ contatto\ con|mi\ metta\ in\ contatto\ con|voglio|vorrei)\ (?:un|una)\ (?:operatore|operatrice|umano|persona\ reale|persona\ vera|consulente)(?:\ (?:per|favore))*(?=\ $)
        # Dutch
        | met\ (?:(?:een|de|uw|jullie|echte|echt|andere)\ ){0,3}(?:mens|persoon|medewerker|medewerkster|iemand|collega|klantenservice|adviseur)\ (?:\S+\ ){0,2}?(?:spreken|praten|chatten|bellen|doorverbonden|verbinden)
        | (?:spreken|praten|chatten)\ met\ (?:(?:een|de|uw|jullie|echte|echt)\ ){0,3}(?:mens|persoon|medewerker|medewerkster|iemand|collega|klantenservice|adviseur)
        # Russian
        | (?:поговорить|говорить|связаться|пообщаться|соедините|соедини|переключите|переключи|переведите|свяжите)\ (?:меня\ )?(?:пожалуиста\ )?(?:с|со|на|к)\ (?:(?:живым|настоящим|реальным|вашим|живого|реального|каким|нибудь)\ ){0,2}
            (?:человеком|человека|оператором|оператора|менеджером|менеджера|сотрудником|сотрудника|специалистом|специалиста|консультантом|консультанта|кем|поддержкои|людьми)
        | (?:позовите|позови|нужен|нужна|хочу|даите)\ (?:мне\ )?(?:живои\ |живого\ )?(?:оператор|оператора|человек|человека|менеджер|менеджера|консультант|консультанта)(?:\ пожалуиста)?(?=\ $)
        # Arabic
        | (?:تحدث|اتحدث|التحدث|تكلم|اتكلم|التكلم|احكي|تواصل|اتواصل|التواصل|حولني|تحويلي)\ (?:مع|الى)\ (?:شخص|انسان|موظف|ممثل|احد|بشر|مندوب|خدمه)
        # Turkish
        | (?:insanla|kisiyle|yetkiliyle|temsilciyle|temsilcisiyle|biriyle|operatorle|calisanla|hizmetleriyle|(?:insan|kisi|yetkili|temsilci|temsilcisi|biri|operator|hizmetleri|destek)\ ile)\ (?:\S+\ ){0,2}?(?:gorusmek|konusmak|gorusebilir|konusabilir|gorusmem|konusmam)
        | (?:temsilciye|temsilcisine|operatore|yetkiliye|insana|destege)\ (?:\S+\ )?(?:bagla|aktar)\S*
        # Indonesian
        | (?:bicara|berbicara|ngobrol|chat|hubungkan|sambungkan)\ (?:saya\ )?(?:dengan|ke|sama)\ (?:orang|manusia|agen|admin|staf|petugas|operator|seseorang|cs|customer)
        # Hindi
        | (?:इंसान|व्यक्ति|एजेंट|आदमी|किसी|प्रतिनिधि|इन्सान|केयर)\ से\ (?:\S+\ )?(?:बात|बातचीत)
        # Vietnamese, Polish
        | (?:noi\ chuyen\ voi|gap|ket\ noi\ voi|chat\ voi)\ (?:mot\ )?(?:nguoi\ that|nhan\ vien|tu\ van\ vien|con\ nguoi)
        | (?:rozmawiac|porozmawiac|polaczyc|polacz|polaczenie|polaczcie)\ (?:mnie\ |sie\ )?z\ (?:kims|czlowiekiem|konsultantem|konsultantka|pracownikiem|agentem|osoba|obsluga)
        )\ 
        """, RegexOptions.IgnorePatternWhitespace | RegexOptions.CultureInvariant)]
    private static partial Regex Wish();
}
