using Bookbag.Inbound.Knowledge;
using Bookbag.Tests.Support;

namespace Bookbag.Tests.Inbound.Knowledge;

/// <summary>Files, read by the worker.</summary>
public sealed class FileTrainingTests(TestDatabase database) : IClassFixture<TestDatabase>
{
    private static readonly CancellationToken None = CancellationToken.None;

    private readonly TrainingWorld _world = new(database);

    [Fact]
    public async Task Files_of_every_kind_answer()
    {
        await _world.AddFileAsync("notes.txt", "Opening hours\n\nWe open at nine."u8.ToArray());
        await _world.AddFileAsync("returns.md", "# Returns\n\nSend it back within **30 days**."u8.ToArray());
        await _world.AddFileAsync("prices.csv", "Product,Price\nKettle,€30\nToaster,€20"u8.ToArray());
        await _world.AddFileAsync("manual.pdf", MakeFile.Pdf("# Descaling", "Boil vinegar in it twice a year."));
        await _world.AddFileAsync("warranty.docx", MakeFile.Docx(MakeFile.Paragraph("The warranty lasts two years.")));
        var worker = _world.Worker();
        while (await worker.RunOnceAsync(None) > 0)
        {
        }

        Assert.Equal("We open at nine.", await _world.AnswerAsync("opening hours?"));
        Assert.Equal("Send it back within 30 days.", await _world.AnswerAsync("returns?"));
        Assert.Contains("Product: Toaster; Price: €20", await _world.AnswerAsync("price of the toaster?"), StringComparison.Ordinal);
        Assert.Equal("Boil vinegar in it twice a year.", await _world.AnswerAsync("descaling?"));
        Assert.Equal("The warranty lasts two years.", await _world.AnswerAsync("how long is the warranty?"));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_says_why_and_is_not_tried_for_ever()
    {
        var source = await _world.AddFileAsync("scan.pdf", MakeFile.Pdf());
        await _world.Worker().RunOnceAsync(None);
        var read = await _world.SourceAsync(source);
        Assert.Equal((SourceStatus.Failed, "The PDF has no text in it, only pictures: have its text recognised (OCR) and upload it again.", null), (read.Status, read.Problem, read.DueAt));
    }

    [Fact]
    public async Task A_file_that_takes_its_worker_down_is_given_up()
    {
        var source = await _world.AddFileAsync("evil.txt", "text"u8.ToArray());
        // Three workers took it and were never heard of again.
        await database.DataSource.ExecuteAsync($"UPDATE inbound.sources SET status = 'training', attempts = 3, lease_id = gen_random_uuid() WHERE id = '{source}'");
        await _world.Worker().RunOnceAsync(None);
        var read = await _world.SourceAsync(source);
        Assert.Equal((SourceStatus.Failed, "Reading it was broken off again and again.", null), (read.Status, read.Problem, read.DueAt));

        await _world.TrainAsync(source);
        Assert.Equal((SourceStatus.Trained, "text"), ((await _world.SourceAsync(source)).Status, await _world.AnswerAsync("text?")));
    }

    [Fact]
    public async Task What_is_too_much_is_not_learnt_and_what_was_known_stays()
    {
        var rows = string.Concat(Enumerable.Range(0, 10_100).Select(i => $"# Part {i}\nitem{i}\n\n"));
        var known = await _world.AddFileAsync("small.md", "# Kettle\nKettles are red."u8.ToArray());
        var source = await _world.AddFileAsync("large.md", System.Text.Encoding.UTF8.GetBytes(rows));
        await _world.Worker().RunOnceAsync(None);
        Assert.Equal((SourceStatus.Trained, SourceStatus.Failed), ((await _world.SourceAsync(known)).Status, (await _world.SourceAsync(source)).Status));
        Assert.Contains("10,101", (await _world.SourceAsync(source)).Problem, StringComparison.Ordinal);
        Assert.Equal(("Kettles are red.", null), (await _world.AnswerAsync("kettles?"), await _world.AnswerAsync("item77?")));
    }
}
