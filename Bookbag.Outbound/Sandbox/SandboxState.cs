using System.Diagnostics.CodeAnalysis;
using Bookbag.Outbound.Templates;
using Bookbag.ServiceDefaults.WhatsApp;

namespace Bookbag.Outbound.Sandbox;

/// <summary>All that the sandbox knows, in memory, bounded, behind one gate: what happens under it takes microseconds.</summary>
internal sealed class SandboxState(SandboxOptions options, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SandboxNumber> _numbers = [];
    private readonly Dictionary<string, SandboxAccount> _accounts = [];
    private readonly Dictionary<string, SandboxPortfolio> _portfolios = [];
    private readonly Dictionary<(string Name, string Language), SandboxTemplate> _templates = [];
    private readonly Dictionary<string, AccountTemplate> _accountTemplates = [];
    private readonly Dictionary<string, SandboxMessage> _byWamid = [];
    private readonly Dictionary<string, int> _byOpaque = [];
    private readonly Queue<ConversationItem> _items = [];
    private readonly Queue<ReceivedRequest> _requests = [];
    private int _customers;
    private int _duplicates;
    private int _templateCount;

    public MessageIds Ids { get; } = new(clock);

    /// <summary>Runs something while nobody else changes the state.</summary>
    public Lock Gate => _gate;

    public IReadOnlyCollection<SandboxNumber> Numbers => _numbers.Values;
    public IReadOnlyCollection<ReceivedRequest> Requests => _requests;
    public IReadOnlyCollection<SandboxTemplate> Templates => _templates.Values;
    public int Customers => _customers;
    public int Duplicates => _duplicates;

    /// <summary>The number of an id; one that was never addressed begins to exist. Null where the id cannot be one, or is something else's.</summary>
    public SandboxNumber? Number(string id)
    {
        if (_numbers.TryGetValue(id, out var number))
            return number;
        if (id.Length is < 5 or > 20 || id.AsSpan().ContainsAnyExceptInRange('0', '9') || _accounts.ContainsKey(id) || _portfolios.ContainsKey(id))
            return null;
        number = new SandboxNumber(id, Account(Derive(id, '2'), Derive(id, '3')), options, clock.GetUtcNow());
        _numbers.Add(id, number);
        return number;
    }

    public bool TryAccount(string id, [NotNullWhen(true)] out SandboxAccount? account) => _accounts.TryGetValue(id, out account);

    public IEnumerable<SandboxNumber> NumbersOf(SandboxPortfolio portfolio) => _numbers.Values.Where(n => n.Account.Portfolio == portfolio);

    public IEnumerable<SandboxNumber> NumbersOf(SandboxAccount account) => _numbers.Values.Where(n => n.Account == account);

    /// <summary>Subscribes the app to an account's webhooks, or ends that; without a callback the app's own applies.</summary>
    public void Subscribe(SandboxAccount account, bool subscribed, Uri? callback)
    {
        (account.Subscribed, account.CallbackUrl) = (subscribed, callback);
        foreach (var number in NumbersOf(account))
            number.Redirect();
    }

    /// <summary>Changes a number as asked.</summary>
    public void Change(SandboxNumber number, NumberSettings settings)
    {
        var portfolio = settings.PortfolioId ?? number.Account.Portfolio.Id;
        var account = Account(settings.BusinessAccountId ?? number.Account.Id, portfolio);
        account.Portfolio = Portfolio(portfolio);
        account.Portfolio.Tier = settings.Tier ?? account.Portfolio.Tier;
        if (settings.UpgradeAfter is { } after)
            account.Portfolio.UpgradeAfter = after < TimeSpan.Zero ? null : after;
        number.Change(settings, account, clock.GetUtcNow());
    }

    /// <summary>The conversation of a number with a customer; one that is new is kept with its first item, or by <see cref="Keep(Conversation)"/>.</summary>
    public static Conversation Conversation(SandboxNumber number, string phone) => number.Find(phone) ?? new Conversation(number, phone);

    /// <summary>Keeps a conversation though nothing has happened in it.</summary>
    public void Keep(Conversation conversation)
    {
        if (conversation.Number.Find(conversation.Phone) is not null)
            return;
        conversation.Number.Add(conversation);
        _customers++;
    }

    /// <summary>The template that a number's send names: one that was submitted by its account, else one that was made known.</summary>
    public SandboxTemplate? Template(SandboxNumber number, string name, string language) =>
        AccountTemplate(number.Account, name, language)?.ForSending() ?? Template(name, language);

    public AccountTemplate? AccountTemplate(SandboxAccount account, string name, string language) =>
        TemplatesOf(account).FirstOrDefault(t => t.Name == name && t.Language == language);

    public AccountTemplate? TemplateById(string id) => _accountTemplates.GetValueOrDefault(id);

    public IEnumerable<AccountTemplate> TemplatesOf(SandboxAccount account) => _accountTemplates.Values.Where(t => t.Account == account);

    public AccountTemplate Add(SandboxAccount account, TemplateDraft draft)
    {
        var id = (600_000_000_000_001 + _templateCount++).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var template = new AccountTemplate(id, account, draft.Name, draft.Language, draft.Category, draft.ParameterFormat, draft.Components) { TtlSeconds = draft.TtlSeconds };
        _accountTemplates.Add(id, template);
        return template;
    }

    public void Remove(AccountTemplate template) => _accountTemplates.Remove(template.Id);

    private SandboxTemplate? Template(string name, string language) =>
        _templates.GetValueOrDefault((name, language)) ?? ((name, language) == (SandboxTemplate.HelloWorld.Name, SandboxTemplate.HelloWorld.Language) ? SandboxTemplate.HelloWorld : null);

    public void Learn(SandboxTemplate template) => _templates[(template.Name, template.Language)] = template;

    public SandboxMessage? Message(string wamid) => _byWamid.GetValueOrDefault(wamid);

    /// <summary>Adds something that happened to its conversation; what is too old to be kept goes.</summary>
    public void Add(ConversationItem item)
    {
        Keep(item.Conversation);
        item.Conversation.Items.Enqueue(item);
        _items.Enqueue(item);
        if (item is SandboxMessage message)
            _byWamid[message.Wamid] = message;
        if (item is BusinessMessage { Opaque: { } opaque })
        {
            var times = _byOpaque.GetValueOrDefault(opaque) + 1;
            _byOpaque[opaque] = times;
            if (times > 1)
                _duplicates++;
        }

        while (_items.Count > options.MaxMessages)
            Forget(_items.Dequeue());
    }

    public void Keep(ReceivedRequest request)
    {
        _requests.Enqueue(request);
        while (_requests.Count > options.MaxRequests)
            _requests.Dequeue();
    }

    /// <summary>How many customers a portfolio has opened in the moving 24 hours.</summary>
    public int Opened(SandboxNumber number) => number.Account.Portfolio.Openings.Count(clock.GetUtcNow());

    /// <summary>Takes a place of the messaging limit, or refuses.</summary>
    public static bool TryOpen(Conversation conversation, DateTimeOffset now)
    {
        var portfolio = conversation.Number.Account.Portfolio;
        return portfolio.Openings.TryOpen(conversation.Phone, MessagingLimitTiers.Parse(portfolio.Tier).Limit, now);
    }

    public void Clear()
    {
        _numbers.Clear();
        _accounts.Clear();
        _portfolios.Clear();
        _templates.Clear();
        _accountTemplates.Clear();
        _byWamid.Clear();
        _byOpaque.Clear();
        _items.Clear();
        _requests.Clear();
        (_customers, _duplicates) = (0, 0);
    }

    private SandboxAccount Account(string id, string portfolioId)
    {
        if (!_accounts.TryGetValue(id, out var account))
            _accounts.Add(id, account = new SandboxAccount(id, Portfolio(portfolioId)));
        return account;
    }

    private SandboxPortfolio Portfolio(string id)
    {
        if (!_portfolios.TryGetValue(id, out var portfolio))
            _portfolios.Add(id, portfolio = new SandboxPortfolio(id, options.Tier, options.UpgradeAfter));
        return portfolio;
    }

    private void Forget(ConversationItem item)
    {
        var conversation = item.Conversation;
        conversation.Items.Dequeue();
        if (conversation.Items.Count == 0 && !conversation.IsConfigured)
        {
            conversation.Number.Remove(conversation);
            _customers--;
        }

        if (item is SandboxMessage message)
            _byWamid.Remove(message.Wamid);
        if (item is BusinessMessage { Opaque: { } opaque } && --_byOpaque[opaque] == 0)
            _byOpaque.Remove(opaque);
    }

    // 100000000000001 belongs to account 200000000000001 of portfolio 300000000000001; any other id gets a digit before it.
    private static string Derive(string id, char kind) => id.Length == 15 && id[0] == '1' ? kind + id[1..] : kind + id;
}

/// <summary>A body that came to <c>/messages</c>.</summary>
/// <param name="At">When.</param>
/// <param name="PhoneNumberId">To which number.</param>
/// <param name="Body">The bytes, as they came.</param>
/// <param name="Code">Meta's error code of the refusal; null where it was taken.</param>
internal sealed record ReceivedRequest(DateTimeOffset At, string PhoneNumberId, byte[] Body, int? Code);
