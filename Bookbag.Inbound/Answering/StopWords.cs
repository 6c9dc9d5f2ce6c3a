using System.Buffers;
using System.Collections.Frozen;

namespace Bookbag.Inbound.Answering;

/// <summary>Words that say nothing about what is asked: articles, pronouns, question words, politeness, in the main languages of WhatsApp.</summary>
/// <remarks>
/// Short on purpose: a word that is missing here is only weighed by how rare it is in the agent's sources, a word that is here
/// too much can never be found. Written plain, as <see cref="Words.Of"/> gives them.
/// </remarks>
public static class StopWords
{
    /// <summary>Whether a word carries no meaning of its own.</summary>
    public static bool Contains(string word) => All.Contains(word) || IsLoneLatinLetter(word) || HasHiragana(word) || HasChineseParticle(word);

    // What an apostrophe leaves behind: d'ouverture, it's.
    private static bool IsLoneLatinLetter(string word) => word is [>= 'a' and <= 'z'];

    // Japanese grammar is written in hiragana, its nouns mostly are not; a pair with one hiragana is where a noun ends.
    private static bool HasHiragana(string word) => word.Any(c => c is >= '\u3040' and <= '\u309F');

    private static bool HasChineseParticle(string word) => word.Length == 2 && word.AsSpan().ContainsAny(ChineseParticles);

    private static readonly SearchValues<char> ChineseParticles = SearchValues.Create("的了吗嗎呢吧啊们們么麼");

    private static readonly FrozenSet<string> All = string.Join(' ',
        // English
        "an the and or but if so to of in on at by for from with as about into over up out off than then that this these those there here is are was were be been being am do does did done",
        "don doesn didn isn aren wasn won can could will would shall should may might must cannot have has had having i me my mine we us our ours you your yours he him his she her it its they them their",
        "what which who whom whose when where why how much many long any some all no not yes just only also too very more most other get got let make take takes want need like know tell say see please pls thanks thank",
        "hi hello hey dear sir madam question ask asking wondering looking help ll re ve im whats hows wheres theres id youre dont cant ok okay well really maybe possible",
        "buy bought buying purchase purchased something anything everything time times today yesterday tomorrow now last next ago soon still already again ever",
        // Spanish
        "el la los las un una unos unas y o u pero si de del al a en con por para sin sobre entre hasta desde que cual cuales quien como cuando donde cuanto cuanta cuantos cuantas porque es son era ser soy estoy esta este esto estas",
        "estos ese esa eso hay tiene tienen tengo tienes puede pueden puedo puedes hacer hace hago comprar compre comprado quiero quisiera necesito saber me te se le les lo nos mi mis tu tus su sus usted ustedes yo no muy mas tambien hola gracias favor buenas buenos dias tardes noches",
        // Portuguese
        "os as um uma uns umas e ou mas se do da dos das no na nos nas em com por para pelo pela sem ate que qual quais quem quando onde quanto quanta quantos quantas porque sao era ser estou esta estao este isso isto ha tem tenho voce voces",
        "pode posso podem comprar comprei fazer faz quero queria gostaria preciso saber me meu minha seu sua eu nao muito mais tambem ola oi obrigado obrigada bom boa dia tarde noite",
        // French
        "le les un une des du de la et ou mais si au aux en dans avec pour par sans sur entre que quel quelle quels quelles qui quoi quand comment combien pourquoi est sont etait etre suis ce cet cette ces ca cela il elle ils elles on nous vous je tu",
        "me moi mon ma mes ton ta tes son sa ses notre nos votre vos leur leurs ne pas plus tres aussi avoir ai as avez ont peut peux puis pouvez faire fait faites acheter achete veux voudrais besoin savoir bonjour salut merci plait svp qu y",
        // German
        "der die das den dem des ein eine einen einem einer eines und oder aber wenn zu zum zur von vom im in ins an am auf aus bei mit nach fur uber unter ohne bis dass was welche welcher welches wer wem wen wann wo wie wieviel viel viele warum",
        "ist sind waren sein bist wird werden wurde kann kannst konnen konnte muss mussen soll darf durfen kaufen gekauft mochte will wollen habe haben hast gibt es ich du er sie wir ihr mich mir dich dir uns euch ihnen mein meine meinen dein deine ihre ihren euer eure unser",
        "nicht kein keine auch nur noch schon sehr mehr man bitte danke hallo lange",
        // Italian
        "il lo gli i uno una e ed o ma se di del dello della dei degli delle da dal dalla nel nella nei in con su sul per tra fra che chi cosa quale quali quando dove come quanto quanta quanti quante perche sono sei siete era essere questo questa questi",
        "ho hai ha avete hanno posso puoi puo potete fare fa vorrei voglio mi ti si ci vi mio mia tuo tua suo sua vostro vostra non piu anche ciao salve grazie prego buongiorno buonasera",
        // Dutch
        "het een en of maar als van voor met naar bij op aan uit om te tot dat die dit deze wat welke wie wanneer waar hoe hoeveel waarom is zijn was ben bent wordt kan kunt kunnen mag moet wil heb heeft hebben jullie jij je u uw ik mij mijn wij we ons onze",
        "hij zij niet geen ook nog al zeer veel alstublieft dank bedankt hallo lang",
        // Russian
        "и или но а в во на с со к ко у о об от до из по за для без при над под что чтобы как какои какая какие каков когда где куда кто сколько почему зачем ли это этот эта эти есть быть был была у меня мне я ты вы мы он она они вас вам нас нам мои моя ваш ваши ваша",
        "не нет да уже еще очень также тоже можно могу можете хочу нужно здравствуите привет спасибо пожалуиста",
        // Arabic
        "في من على الى عن مع هل ما ماذا متى اين كيف كم لماذا هو هي هذا هذه ذلك انا انت انتم نحن لي لك لكم يمكن يمكنني اريد لا نعم او و ثم ان مرحبا شكرا فضلك",
        // Turkish, Indonesian, Hindi
        "ve veya ile icin bir bu su o ne nasil nerede ne zaman kac kadar mi mu var yok ben sen siz biz merhaba tesekkurler lutfen",
        "dan atau di ke dari untuk dengan yang ini itu apa siapa kapan dimana mana bagaimana berapa kenapa apakah ada bisa saya anda kamu kami kita tidak ya halo terima kasih tolong",
        "का की के को में से पर और या है हैं था क्या कब कहाँ कैसे कितना कितने कितनी कौन क्यों यह वह मैं हम आप मुझे मेरा आपका नहीं हाँ नमस्ते धन्यवाद कृपया",
        // Chinese, Japanese and Korean come in pairs of characters
        "请问 請問 什么 什麼 怎么 怎麼 多少 多久 多长 可以 能否 是否 如何 哪里 哪裡 我想 你好 您好 谢谢 謝謝 我们 你们 有没 没有 何時 何日 教え 下さ 안녕 하세 세요 감사 합니 니다 니까 어떻 얼마 언제 어디 무엇 있나 나요 인가 가요 주세 려요 어요 아요 해요 까요 데요 됩니 습니")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).ToFrozenSet();
}
