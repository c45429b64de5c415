using System.Globalization;

namespace Ratchet.Cli.Tests;

/// <summary>Two finished runs of seconds, made by the command line itself: one with the domain's tokenizer, one with a trained one.</summary>
public sealed class TinyRuns : IAsyncLifetime
{
    private const string Text = """
        system: expert-iteration
        name: tiny
        seed: 3
        rounds: 1
        threads: 2
        problems: {seed: 40, train: 12, heldout: 10}
        model: {layers: 1, hidden_size: 32, heads: 2, key_value_heads: 1, feed_forward_size: 64, max_positions: 200, vocabulary: 320}
        start: {epochs: 40, augment: 0}
        propose: {samples: 4, max_new_tokens: 40, batch_problems: 6, temperature: 0.7}
        learn: {batch_tokens: 600, epochs: 2, learning_rate: 0.01, shards: 2}
        evaluate: {samples: 4, k: [1, 4], bootstrap: 100}
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-cli").FullName;

    /// <summary>Run with the domain's tokenizer.</summary>
    public string Plain => Path.Combine(_folder, "plain");

    /// <summary>Run with a byte-level tokenizer.</summary>
    public string Bpe => Path.Combine(_folder, "bpe");

    /// <summary>The recipe of both.</summary>
    public string Recipe => Path.Combine(_folder, "tiny.yaml");

    public string Checkpoint => Path.Combine(Plain, "checkpoints", "round-1");

    public string this[string name] => Path.Combine(_folder, name);

    public string Write(string name, params string[] lines)
    {
        File.WriteAllLines(this[name], lines);
        return this[name];
    }

    /// <summary>A copy of the trained checkpoint that a test may damage.</summary>
    public string CopyCheckpoint(string name)
    {
        Directory.CreateDirectory(this[name]);
        foreach (var file in Directory.GetFiles(Checkpoint))
            File.Copy(file, Path.Combine(this[name], Path.GetFileName(file)));
        return this[name];
    }

    internal async Task<CliRun> Start(string folder, params string[] more)
    {
        var run = await CliRun.Of(["run", Recipe, "--out", folder, "--quiet", .. more]);
        Assert.True(run.ExitCode == 0, string.Create(CultureInfo.InvariantCulture, $"{run.ExitCode}: {run.Error}"));
        return run;
    }

    public async ValueTask InitializeAsync()
    {
        File.WriteAllText(Recipe, Text);
        await Start(Plain);
        await Start(Bpe, "--set", "model.tokenizer=bpe");
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }
}
