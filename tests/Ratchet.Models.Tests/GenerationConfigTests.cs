using Ratchet.Runs;

namespace Ratchet.Models.Tests;

public sealed class GenerationConfigTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_read_and_a_missing_one_is_null()
    {
        Assert.Null(GenerationConfig.Load(_folder.Path));
        File.WriteAllText(_folder["generation_config.json"], """{"do_sample":true,"temperature":0.6,"top_p":0.95,"top_k":20,"eos_token_id":[151645,151643],"transformers_version":"x"}""");

        var config = GenerationConfig.Load(_folder.Path)!;

        Assert.Equal((true, 0.6, 0.95, 20, null, null), (config.Sample, config.Temperature, config.TopP, config.TopK, config.RepetitionPenalty, config.MaxNewTokens));
        Assert.Equal([151645, 151643], config.EndIds);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        File.WriteAllText(_folder["generation_config.json"], """{"temperature":-1,"top_p":2,"top_k":"many","eos_token_id":"end"}""");

        var message = Assert.Throws<RatchetException>(() => GenerationConfig.Load(_folder.Path)).Message;

        foreach (var part in (string[])["eos_token_id must be a token id", "top_k must be a whole number", "temperature is -1, below 0", "top_p is 2"])
            Assert.Contains(part, message, StringComparison.Ordinal);
    }
}
