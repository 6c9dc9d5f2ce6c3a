using Bookbag.Inbound.Media;
using Bookbag.Inbound.Models;
using Bookbag.Tests.Inbound.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Bookbag.Tests.Inbound.Media;

/// <summary>Pictures and voice notes on their way to a model that takes them.</summary>
public sealed class MediaReaderTests : IAsyncLifetime
{
    private ModelDouble _model = null!; // set by InitializeAsync, which xunit awaits before any test

    public async Task InitializeAsync() => _model = await ModelDouble.StartAsync();

    public async Task DisposeAsync() => await _model.DisposeAsync();

    [Theory]
    [InlineData("none", "image", 9, false)]
    [InlineData("image", "image", 9, true)]
    [InlineData("image", "image", 99_000_000, false)]
    [InlineData("image", "audio", 9, false)]
    [InlineData("image,audio", "audio", 9, true)]
    [InlineData("image,audio", "video", 9, false)]
    public void It_reads_what_the_model_accepts(string accepts, string kind, long size, bool reads)
    {
        using var host = Host(("Accepts", accepts));
        Assert.Equal(reads, host.Services.GetRequiredService<MediaReader>().Reads(kind, size));
    }

    [Fact]
    public async Task A_picture_goes_to_the_model_whole()
    {
        using var host = Host(("Accepts", "image"));
        _model.Behave = ModelDouble.Say("A blue mug with a crack.");
        Assert.Equal("A blue mug with a crack.", await ReadAsync(host, "image", "image/png"));
        Assert.Contains("data:image/png;base64,AQID", Assert.Single(_model.Requests).Body.ToJsonString(), StringComparison.Ordinal);
        _model.Behave = ModelDouble.Say("NOTHING");
        Assert.Equal("", await ReadAsync(host, "image", "image/png"));
    }

    [Fact]
    public async Task A_picture_goes_to_Ollama_in_its_own_way()
    {
        using var host = Host(("Kind", "Ollama"), ("Endpoint", _model.Root), ("Accepts", "image"));
        _model.Behave = ModelDouble.Say("A blue mug.");
        Assert.Equal("A blue mug.", await ReadAsync(host, "image", "image/jpeg"));
        Assert.Contains("\"images\":[\"AQID\"]", Assert.Single(_model.Requests).Body.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audio/ogg; codecs=opus", "ogg")]
    [InlineData("audio/mpeg", "mp3")]
    [InlineData("audio/mp4", "m4a")]
    public async Task A_voice_note_goes_to_the_model_in_its_format(string type, string format)
    {
        using var host = Host(("Accepts", "audio"));
        _model.Behave = ModelDouble.Say("When do you open?");
        Assert.Equal("When do you open?", await ReadAsync(host, "audio", type));
        var part = Assert.Single(_model.Requests).Body["messages"]![0]!["content"]![1]!;
        Assert.Equal(("input_audio", "AQID", format), (part["type"]!.GetValue<string>(), part["input_audio"]!["data"]!.GetValue<string>(), part["input_audio"]!["format"]!.GetValue<string>()));
    }

    [Fact]
    public async Task A_voice_note_goes_to_the_model_that_writes_them_down_where_there_is_one()
    {
        using var host = Host(("TranscriptionName", "whisper-1"));
        _model.Behave = ModelDouble.Say("When do you open?");
        Assert.True(host.Services.GetRequiredService<MediaReader>().Reads("audio", 9));
        Assert.Equal("When do you open?", await ReadAsync(host, "audio", "audio/ogg; codecs=opus"));
        var request = Assert.Single(_model.Requests);
        Assert.Equal(("/v1/audio/transcriptions", "recording.ogg"), (request.Path, request.Body["file"]!.GetValue<string>()));
    }

    private static async Task<string> ReadAsync(IHost host, string kind, string type)
    {
        using var bytes = new MemoryStream([1, 2, 3]);
        return await host.Services.GetRequiredService<MediaReader>().ReadAsync(kind, type, bytes, default);
    }

    private IHost Host(params (string Name, string Value)[] settings)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(ModelHost.For(_model, settings));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<MediaReader>();
        builder.AddModel();
        return builder.Build();
    }
}
