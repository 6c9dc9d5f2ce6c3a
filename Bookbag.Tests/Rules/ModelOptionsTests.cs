using Bookbag.Inbound.Models;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Bookbag.Tests.Rules;

public sealed class ModelOptionsTests
{
    [Theory]
    [InlineData("Endpoint=http://localhost:1/v1", "Model:Name")]
    [InlineData("Name=small-model", "Model:Endpoint")]
    [InlineData("ApiKey=x", "Model:Endpoint")]
    [InlineData("Endpoint=ftp://models Name=x", "Model:Endpoint is not an http")]
    [InlineData("Endpoint=http://models.example/v1 Name=x", "Model:AllowHttp=true")]
    [InlineData("Endpoint=https://key@models.example/v1 Name=x", "Model:ApiKey")]
    [InlineData("Endpoint=https://models.example/v1?key=1 Name=x", "Model:ApiKey")]
    [InlineData("Kind=AzureOpenAI Endpoint=https://a.openai.azure.com Name=x", "Model:ApiKey")]
    [InlineData("Kind=Ollama Endpoint=http://localhost:11434 Name=x Accepts=image,audio", "Model:Accepts")]
    [InlineData("Kind=Ollama Endpoint=http://localhost:11434 Name=x TranscriptionName=y", "Model:TranscriptionName")]
    [InlineData("Temperature=7", "Temperature")]
    [InlineData("Endpoint=http://localhost:1/v1 Name=x AttemptTimeout=00:01:00 TotalTimeout=00:00:10", "Model:TotalTimeout")]
    [InlineData("Endpoint=http://localhost:1/v1 Name=x IdleTimeout=00:00:30", "Model:IdleTimeout")]
    [InlineData("Endpoint=http://localhost:1/v1 Name=x InputPricePerMillion=-1", "InputPricePerMillion")]
    public void Settings_that_cannot_work_stop_the_start_and_say_what_to_set(string settings, string said)
    {
        var refusal = Assert.Throws<OptionsValidationException>(() => Read(settings));
        Assert.Contains(said, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", ModelInputs.None)]
    [InlineData("Endpoint=https://api.openai.com/v1 Name=x ApiKey=y Accepts=image,audio", ModelInputs.Image | ModelInputs.Audio)]
    [InlineData("Kind=azureopenai Endpoint=https://a.openai.azure.com Name=x ApiKey=y Accepts=Image", ModelInputs.Image)]
    [InlineData("Kind=ollama Endpoint=http://127.0.0.1:11434 Name=x", ModelInputs.None)]
    [InlineData("Kind=ollama Endpoint=http://ollama:11434 Name=x AllowHttp=true", ModelInputs.None)]
    public void What_can_work_starts(string settings, ModelInputs accepts) => Assert.Equal(accepts, Read(settings).Accepts);

    private static ModelOptions Read(string settings)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(setting => KeyValuePair.Create($"Model:{setting[..setting.IndexOf('=')]}", (string?)setting[(setting.IndexOf('=') + 1)..])));
        builder.AddModel();
        using var host = builder.Build();
        return host.Services.GetRequiredService<IOptions<ModelOptions>>().Value;
    }
}
