using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Bookbag.Outbound.Contacts.Imports;
using Bookbag.ServiceDefaults.Postgres;
using Bookbag.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Bookbag.Tests.Outbound.Contacts;

public sealed class ImportTests(OutboundService service) : IClassFixture<OutboundService>
{
    [Fact]
    public async Task A_file_is_looked_at_then_becomes_contacts_with_its_errors_to_download()
    {
        var (api, url) = await BeginAsync();
        var uploaded = await UploadAsync(api, url, """
            Phone;First name;Last name;E-mail;Plan;Orders;Since;Tags;Opt-in
            +49 151 12345670;Ada;Lovelace;ada@example.com;Pro;12;2024-05-01;vip|berlin;yes
            0151 12345671;Grace;;grace@example.com;Basic;3;2024-06-01;;no
            not a number;Bob;;;Pro;1;2024-06-01;;
            +4915112345672;=Eve;;eve;Pro;1;2024-06-01;;
            +4915112345673;Mia;;;Pro;many;2024-06-01;;

            +4915112345670;Ada;King;;Gold;;;;
            """);
        Assert.Equal(("ready", "utf-8", ";", true), (uploaded.GetProperty("state").GetString(), uploaded.GetProperty("encoding").GetString(), uploaded.GetProperty("delimiter").GetString(), uploaded.GetProperty("hasHeader").GetBoolean()));
        Assert.Equal(["phone", "first_name", "last_name", "email", "attribute", "attribute", "attribute", "tags", "opt_in"],
            uploaded.GetProperty("columns").EnumerateArray().Select(c => c.GetProperty("guess").GetProperty("to").GetString()));

        var done = await RunAsync(api, url, uploaded, new { defaultRegion = "de", tags = new[] { "spring" }, mapping = Mapping(uploaded, ("Orders", "number")) });
        Assert.Equal(("completed", 6, 2, 0, 1, 3, 1.0), (
            done.GetProperty("state").GetString(), done.GetProperty("rowsRead").GetInt32(), done.GetProperty("rowsCreated").GetInt32(), done.GetProperty("rowsUpdated").GetInt32(),
            done.GetProperty("rowsDuplicate").GetInt32(), done.GetProperty("rowsFailed").GetInt32(), done.GetProperty("progress").GetDouble()));

        var contacts = Api.Ok(await api.GetAsync(url)).GetProperty("items").EnumerateArray().ToDictionary(c => c.GetProperty("phone").GetString()!);
        var ada = contacts["4915112345670"];
        Assert.Equal(("Ada King", "ada@example.com", "opted_in"), (ada.GetProperty("name").GetString(), ada.GetProperty("email").GetString(), ada.GetProperty("marketing").GetProperty("state").GetString()));
        Assert.Equal("""["berlin","spring","vip"]""", Compact(ada.GetProperty("tags")));
        Assert.Equal("""{"plan":"Gold","since":"2024-05-01","orders":12}""", Compact(ada.GetProperty("attributes")));
        Assert.Equal(("opted_out", "import"), (contacts["4915112345671"].GetProperty("marketing").GetProperty("state").GetString(), contacts["4915112345671"].GetProperty("marketing").GetProperty("source").GetString()));

        var (status, csv) = await api.SendTextAsync(HttpMethod.Get, $"{url}/imports/{done.GetProperty("id").GetGuid()}/errors", null);
        var lines = csv.TrimStart('\uFEFF').Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal((200, 4), (status, lines.Length));
        Assert.StartsWith("row,error,column,Phone,First name", lines[0], StringComparison.Ordinal);
        Assert.StartsWith("3,The phone number is not a phone number.,Phone,not a number,Bob", lines[1], StringComparison.Ordinal);
        Assert.StartsWith("4,The e-mail address is none.,email,+4915112345672,'=Eve", lines[2], StringComparison.Ordinal);
        Assert.Contains("Orders", lines[3], StringComparison.Ordinal);
        Assert.Equal(0, await service.Database.DataSource.ScalarAsync<long>($"SELECT count(*) FROM outbound.import_chunks WHERE import_id = '{done.GetProperty("id").GetGuid()}'"));
    }

    [Theory]
    [InlineData("utf-8", true)]
    [InlineData("utf-8", false)]
    [InlineData("utf-16", true)]
    [InlineData("utf-16BE", true)]
    [InlineData("windows-1252", false)]
    public async Task Whatever_the_encoding_names_come_out_right(string name, bool mark)
    {
        var (api, url) = await BeginAsync();
        var encoding = EncodingDetector.Get(name);
        byte[] file = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes("name,phone\r\n\"Zoë, \"\"Ö\"\" Müller\",+4915112345670\r\n")];
        var done = await RunAsync(api, url, await UploadAsync(api, url, file), new { });
        Assert.Equal(name, done.GetProperty("encoding").GetString());
        Assert.Equal("Zoë, \"Ö\" Müller", Api.Ok(await api.GetAsync(url)).GetProperty("items")[0].GetProperty("name").GetString());
    }

    [Fact]
    public async Task A_file_without_a_header_is_read_from_its_first_row_and_a_form_is_taken_too()
    {
        var (api, url) = await BeginAsync();
        using var form = new MultipartFormDataContent { { new ByteArrayContent("+4915112345670,ada@example.com\n+4915112345671,\n"u8.ToArray()), "file", "people.csv" } };
        var (status, text) = await api.SendTextAsync(HttpMethod.Post, $"{url}/imports", form);
        var uploaded = Api.Ok((status, JsonElement.Parse(text)));
        Assert.Equal(("people.csv", false), (uploaded.GetProperty("fileName").GetString(), uploaded.GetProperty("hasHeader").GetBoolean()));
        Assert.Equal(2, (await RunAsync(api, url, uploaded, new { })).GetProperty("rowsCreated").GetInt32());
    }

    [Fact]
    public async Task Existing_contacts_are_updated_and_an_opt_out_survives()
    {
        var (api, url) = await BeginAsync();
        var id = Api.Ok(await api.PostAsync(url, new { phone = "+4915112345670", name = "Old", email = "old@example.com" })).GetProperty("id").GetGuid();
        Api.Ok(await api.PostAsync($"{url}/{id}/opt-out"));
        service.Clock.Advance(TimeSpan.FromDays(1));
        var done = await RunAsync(api, url, await UploadAsync(api, url, "phone,name\n+4915112345670,New\n"), new { optedIn = true });
        Assert.Equal((0, 1), (done.GetProperty("rowsCreated").GetInt32(), done.GetProperty("rowsUpdated").GetInt32()));
        var contact = Api.Ok(await api.GetAsync($"{url}/{id}"));
        Assert.Equal(("New", "old@example.com", "opted_out"), (contact.GetProperty("name").GetString(), contact.GetProperty("email").GetString(), contact.GetProperty("marketing").GetProperty("state").GetString()));
    }

    [Fact]
    public async Task Keys_of_two_contacts_in_one_row_are_an_error()
    {
        var (api, url) = await BeginAsync();
        Api.Ok(await api.PostAsync(url, new { phone = "+4915112345670" }));
        Api.Ok(await api.PostAsync(url, new { externalId = "x" }));
        var done = await RunAsync(api, url, await UploadAsync(api, url, "phone,external id\n+4915112345670,x\n+4915112345671,y\n"), new { });
        Assert.Equal((1, 1), (done.GetProperty("rowsCreated").GetInt32(), done.GetProperty("rowsFailed").GetInt32()));
    }

    [Fact]
    public async Task A_worker_that_dies_anywhere_is_followed_by_one_that_goes_on_and_no_row_counts_twice()
    {
        var (api, url) = await BeginAsync();
        var uploaded = await UploadAsync(api, url, "phone,name\n" + string.Concat(Enumerable.Range(0, 500).Select(i => $"+4915120{i:000000},P{i}\n")));
        await StartAsync(api, url, uploaded, new { });
        var random = new Random(20_26);
        await using var mortal = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(service.Database.ConnectionString) { ApplicationName = "mortal" });
        for (var kill = 0; kill < 8; kill++)
        {
            var working = Worker(batchSize: 5, mortal).RunOnceAsync(CancellationToken.None);
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 400)), TimeProvider.System);
            await service.Database.DataSource.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mortal' AND datname = current_database()");
            await working.ContinueWith(_ => { }, TaskScheduler.Default);
            // The dead leave their lease behind.
            await service.Database.DataSource.ExecuteAsync($"UPDATE outbound.imports SET lease_id = gen_random_uuid(), lease_until = '{service.Clock.GetUtcNow().AddSeconds(30):O}' WHERE state = 'running'");
            Assert.Equal(0, await Worker().RunOnceAsync(CancellationToken.None));
            service.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        while (await Worker().RunOnceAsync(CancellationToken.None) > 0) { }
        var done = await GetAsync(api, url, uploaded);
        Assert.Equal(("completed", 500, 500, 0, 0), (
            done.GetProperty("state").GetString(), done.GetProperty("rowsRead").GetInt32(), done.GetProperty("rowsCreated").GetInt32(), done.GetProperty("rowsUpdated").GetInt32(), done.GetProperty("rowsDuplicate").GetInt32()));
    }

    [Fact]
    public async Task Two_workers_share_the_work_and_not_a_file()
    {
        var (api, url) = await BeginAsync();
        var uploads = new List<JsonElement>();
        for (var file = 0; file < 3; file++)
        {
            uploads.Add(await UploadAsync(api, url, "phone\n" + string.Concat(Enumerable.Range(0, 300).Select(i => $"+491512{file}{i:00000}\n"))));
            await StartAsync(api, url, uploads[^1], new { });
        }

        await Task.WhenAll(Enumerable.Range(0, 2).Select(async _ =>
        {
            while (await Worker(batchSize: 20).RunOnceAsync(CancellationToken.None) > 0) { }
        }));
        foreach (var upload in uploads)
            Assert.Equal(("completed", 300), ((await GetAsync(api, url, upload)).GetProperty("state").GetString(), (await GetAsync(api, url, upload)).GetProperty("rowsCreated").GetInt32()));
    }

    [Fact]
    public async Task A_cancelled_import_stops_and_what_came_before_stays()
    {
        var (api, url) = await BeginAsync();
        var uploaded = await UploadAsync(api, url, "phone\n+4915112345670\n");
        await StartAsync(api, url, uploaded, new { });
        Assert.Equal("cancelled", Api.Ok(await api.PostAsync($"{url}/imports/{uploaded.GetProperty("id").GetGuid()}/cancel")).GetProperty("state").GetString());
        Assert.Equal(0, await Worker().RunOnceAsync(CancellationToken.None));
        Assert.Equal((409, "import_over"), Api.Code(await api.PostAsync($"{url}/imports/{uploaded.GetProperty("id").GetGuid()}/cancel")));
        Assert.Equal((409, "import_not_ready"), Api.Code(await api.PostAsync($"{url}/imports/{uploaded.GetProperty("id").GetGuid()}/start")));
    }

    [Fact]
    public async Task A_quotation_mark_that_is_never_closed_ends_the_import_with_its_reason()
    {
        var (api, url) = await BeginAsync();
        var done = await RunAsync(api, url, await UploadAsync(api, url, "phone,name\n+4915112345670,Ada\n+4915112345671,\"" + new string('x', 100_000)), new { });
        Assert.Equal("failed", done.GetProperty("state").GetString());
        Assert.Contains("quotation mark", done.GetProperty("problem").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"mapping":[{"column":1,"to":"name"}]}""", "No column says who")]
    [InlineData("""{"mapping":[{"column":9,"to":"phone"}]}""", "no column 9")]
    [InlineData("""{"mapping":[{"column":0,"to":"phone"},{"column":1,"to":"phone"}]}""", "Two columns")]
    [InlineData("""{"mapping":[{"column":0,"to":"phone"},{"column":1,"to":"attribute"}]}""", "which one")]
    [InlineData("""{"defaultRegion":"XX"}""", "not a region")]
    public async Task A_mapping_that_means_nothing_is_refused(string body, string words)
    {
        var (api, url) = await BeginAsync();
        var uploaded = await UploadAsync(api, url, "phone,name\n+4915112345670,Ada\n");
        var answer = await api.PostAsync($"{url}/imports/{uploaded.GetProperty("id").GetGuid()}/start", body);
        Assert.Equal((400, "mapping_invalid"), Api.Code(answer));
        Assert.Contains(words, answer.Body.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    private async Task<(Api Api, string Url)> BeginAsync() => (await service.ApiAsync(), $"/api/agents/{(await service.AgentAsync()).Id}/outbound/contacts");

    private ImportWorker Worker(int batchSize = 20_000, NpgsqlDataSource? dataSource = null) => new(
        dataSource ?? service.Database.DataSource, service.Services.GetRequiredService<WakeUps>(), service.Services.GetRequiredService<ImportMetrics>(), Options.Create(new ImportOptions { BatchSize = batchSize }), service.Clock, NullLogger<ImportWorker>.Instance);

    private static Task<JsonElement> UploadAsync(Api api, string url, string csv) => UploadAsync(api, url, Encoding.UTF8.GetBytes(csv));

    private static async Task<JsonElement> UploadAsync(Api api, string url, byte[] csv)
    {
        using var content = new ByteArrayContent(csv);
        content.Headers.ContentType = new MediaTypeHeaderValue("text/csv");
        var (status, text) = await api.SendTextAsync(HttpMethod.Post, $"{url}/imports?fileName=test.csv", content);
        return Api.Ok((status, JsonElement.Parse(text)));
    }

    private static async Task StartAsync(Api api, string url, JsonElement uploaded, object request) =>
        Assert.Equal("running", Api.Ok(await api.PostAsync($"{url}/imports/{uploaded.GetProperty("id").GetGuid()}/start", request)).GetProperty("state").GetString());

    private async Task<JsonElement> RunAsync(Api api, string url, JsonElement uploaded, object request)
    {
        await StartAsync(api, url, uploaded, request);
        await Worker(batchSize: 4).RunOnceAsync(CancellationToken.None);
        await Worker().SweepAsync(CancellationToken.None);
        return await GetAsync(api, url, uploaded);
    }

    private static async Task<JsonElement> GetAsync(Api api, string url, JsonElement uploaded) => Api.Ok(await api.GetAsync($"{url}/imports/{uploaded.GetProperty("id").GetGuid()}"));

    private static IEnumerable<object> Mapping(JsonElement uploaded, (string Name, string Type) typed) => uploaded.GetProperty("columns").EnumerateArray().Select(c => new
    {
        column = c.GetProperty("column").GetInt32(),
        to = c.GetProperty("guess").GetProperty("to").GetString(),
        attribute = c.GetProperty("guess").GetProperty("attribute").GetString(),
        type = c.GetProperty("name").GetString() == typed.Name ? typed.Type : c.GetProperty("guess").GetProperty("type").GetString(),
    });

    private static string Compact(JsonElement json) => json.GetRawText().Replace(" ", "", StringComparison.Ordinal);
}
