using System.Text.Json;
using Ratchet.Runs;

namespace Ratchet.Tests.Runs;

public sealed class RunSummaryTests
{
    internal static RunSummary Summary { get; } = new()
    {
        Status = "completed",
        Recipe = "tiny",
        Seed = ulong.MaxValue,
        WallSeconds = 12.5,
        Parameters = 1000,
        Rounds =
        [
            new RoundSummary
            {
                Round = 1,
                Train = new TrainSummary(10, 80, 20, 3, 7),
                Heldout = new EvaluationSummary
                {
                    Problems = 4,
                    Attempts = 32,
                    Unknown = 1,
                    Greedy = new Estimate(0.25, 0, 0.75),
                    PassAtK = new Dictionary<int, Estimate> { [8] = new(0.5, 0.25, 0.75), [1] = new(0.125, 0.0625, 0.1875) },
                    Excluded = new Dictionary<int, int> { [8] = 1 },
                    ByStratum = new Dictionary<string, EvaluationSummary>
                    {
                        ["depth 1"] = new() { Problems = 2, Attempts = 16, PassAtK = new Dictionary<int, Estimate> { [1] = new(1, 1, 1) } },
                    },
                    Tokens = 500,
                    VerifierCalls = 32,
                },
                Examples = 21,
                Steps = 9,
                Loss = 0.75,
                Checkpoint = "round-1",
            },
        ],
        TokensSampled = 1L << 40,
        TokensTrained = 77,
        Verifier = new VerifierSummary(112, 12, 50, 58, new Dictionary<string, long> { ["timed_out"] = 4 }),
        Speed = new SpeedSummary(1000.5, 2000.5, 3000.5),
        Parity = new ParitySummary(1e-6),
        WeightsHash = "abc",
    };

    [Fact]
    public void The_file_has_the_names_of_its_contract()
    {
        using var json = JsonDocument.Parse(JsonSerializer.Serialize(Summary, RunSummary.JsonOptions));
        var root = json.RootElement;

        Assert.Equal(
            ["schema_version", "status", "recipe", "seed", "wall_seconds", "sessions", "parameters", "rounds", "tokens_sampled", "tokens_trained", "off_policy_attempts", "verifier", "speed", "parity", "removed", "weights_hash", "environment"],
            Names(root));
        Assert.Equal("completed", root.GetProperty("status").GetString());
        Assert.Equal(ulong.MaxValue, root.GetProperty("seed").GetUInt64());
        Assert.Equal(["calls", "cached", "accepted", "rejected", "unknown"], Names(root.GetProperty("verifier")));
        Assert.Equal(4, root.GetProperty("verifier").GetProperty("unknown").GetProperty("timed_out").GetInt32());
        Assert.Equal(["sample_tokens_per_s", "train_tokens_per_s", "checks_per_s"], Names(root.GetProperty("speed")));
        Assert.Equal(["max_logprob_difference"], Names(root.GetProperty("parity")));
        var round = root.GetProperty("rounds")[0];
        Assert.Equal(["round", "train", "heldout", "examples", "steps", "loss", "checkpoint"], Names(round));
        Assert.Equal(["problems", "attempts", "accepted", "unknown", "solved"], Names(round.GetProperty("train")));
        var heldout = round.GetProperty("heldout");
        Assert.Equal(["problems", "attempts", "unknown", "pass@1", "pass@8", "excluded", "greedy", "tokens", "verifier_calls", "by_stratum"], Names(heldout));
        Assert.Equal(["value", "low", "high"], Names(heldout.GetProperty("pass@8")));
        Assert.Equal(0.25, heldout.GetProperty("pass@8").GetProperty("low").GetDouble());
        Assert.Equal(1, heldout.GetProperty("by_stratum").GetProperty("depth 1").GetProperty("pass@1").GetProperty("value").GetDouble());
    }

    [Fact]
    public void What_is_written_is_read_back()
    {
        using var temporary = new TemporaryFolder();
        using var folder = RunFolder.Create(temporary["run"], "name: tiny\n");
        folder.WriteSummary(Summary);

        var read = folder.ReadSummary();

        Assert.Equal(JsonSerializer.Serialize(Summary, RunSummary.JsonOptions), JsonSerializer.Serialize(read, RunSummary.JsonOptions));
        Assert.Equal(0.0625, read.Rounds[0].Heldout.PassAtK[1].Low);
        Assert.Equal(16, read.Rounds[0].Heldout.ByStratum["depth 1"].Attempts);
        Assert.Equal(1, read.Rounds[0].Heldout.Excluded[8]);
        Assert.EndsWith("\n", File.ReadAllText(folder.SummaryPath), StringComparison.Ordinal);
    }

    private static List<string> Names(JsonElement element) => [.. element.EnumerateObject().Select(p => p.Name)];
}
