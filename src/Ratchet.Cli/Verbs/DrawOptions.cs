using System.CommandLine;
using System.CommandLine.Parsing;
using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Models.Cpu;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Sampling.Constraints;
using Ratchet.Systems;
using Ratchet.Systems.Evaluation;
using Ratchet.Verifiers.Python;

namespace Ratchet.Cli.Verbs;

/// <summary>How <c>sample</c> and <c>eval</c> draw attempts.</summary>
internal sealed class DrawOptions(int samples)
{
    private readonly Option<int> _samples = new("--samples", "-n") { HelpName = "n", Description = "Attempts at each problem.", DefaultValueFactory = _ => samples };
    private readonly Option<double> _temperature = new("--temperature") { HelpName = "t", Description = "Divides the logits; 0 takes the most likely token.", DefaultValueFactory = _ => 0.8 };
    private readonly Option<double> _topP = new("--top-p") { HelpName = "p", Description = "Keeps the most likely tokens up to this share.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _maxNewTokens = new("--max-new-tokens") { HelpName = "n", Description = "Limit on an attempt's tokens.", DefaultValueFactory = _ => 128 };
    private readonly Option<int> _draft = new("--draft") { HelpName = "n", Description = "Tokens drafted ahead by looking up repetitions; changes the speed and no token.", DefaultValueFactory = _ => 0 };
    private readonly Option<string?> _grammar = new("--grammar") { HelpName = "file", Description = "Holds attempts to a language: a grammar (GBNF), a JSON schema (.json) or a regular expression (.regex)." };
    private readonly Option<ulong> _seed = new("--seed") { HelpName = "n", Description = "Seed of the draws.", DefaultValueFactory = _ => 1UL };
    private readonly Option<string> _tools = new("--tools") { HelpName = "none|python", Description = "What attempts may call while they are written; python runs their code blocks in a sandbox.", DefaultValueFactory = _ => "none" };
    private readonly Option<int> _toolCalls = new("--tool-calls") { HelpName = "n", Description = "Calls that an attempt may make.", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _threads = new("--threads") { HelpName = "n", Description = "Threads; 0 takes all cores.", DefaultValueFactory = _ => 0 };
    private readonly Option<string> _device = Arguments.Device();

    private readonly Option<WeightPrecision> _precision = Arguments.WeightsType();
    private readonly Option<int> _batch = new("--max-batch") { HelpName = "n", Description = "Most attempts that are written together by one thread, or by the tensor library, which gains from more.", DefaultValueFactory = _ => 32 };

    public void AddTo(Command command)
    {
        _tools.AcceptOnlyFromAmong("none", "python");
        foreach (var option in new Option[] { _samples, _temperature, _topP, _maxNewTokens, _draft, _grammar, _tools, _toolCalls, _seed, _threads, _device, _precision, _batch })
            command.Add(option);
    }

    /// <summary>The seed, for other draws of the same verb.</summary>
    public ulong Seed(ParseResult parsed) => parsed.GetValue(_seed);

    /// <summary>Attempts at each problem.</summary>
    public int Samples(ParseResult parsed) => parsed.GetValue(_samples);

    /// <summary>Refuses values out of range, before anything is read.</summary>
    public void ThrowIfInvalid(ParseResult parsed)
    {
        Check(parsed.GetValue(_samples) >= 1, "--samples must be at least 1.");
        Check(parsed.GetValue(_temperature) is >= 0 and <= 10, "--temperature must be from 0 to 10.");
        Check(parsed.GetValue(_topP) is > 0 and <= 1, "--top-p must be above 0 and at most 1.");
        Check(parsed.GetValue(_maxNewTokens) >= 1, "--max-new-tokens must be at least 1.");
        Check(parsed.GetValue(_draft) is >= 0 and <= 64, "--draft must be from 0 to 64.");
        Check(parsed.GetValue(_toolCalls) is >= 1 and <= 100, "--tool-calls must be from 1 to 100.");
        Check(parsed.GetValue(_threads) is >= 0 and <= 1024, "--threads must be from 0 to 1024.");
        Check(parsed.GetValue(_batch) is >= 1 and <= 4096, "--max-batch must be from 1 to 4096.");
    }

    /// <summary>The option of <see cref="Samples"/>.</summary>
    public Option<int> SamplesOption => _samples;

    /// <summary>Temperature, top-p and limit on tokens for a model elsewhere, which gets more room unless the limit is given.</summary>
    public (double Temperature, double TopP, int MaxTokens) Endpoint(ParseResult parsed)
    {
        Check(parsed.GetValue(_grammar) is null, "--grammar holds local models only; an endpoint is asked without it.");
        return (parsed.GetValue(_temperature), parsed.GetValue(_topP), parsed.GetResult(_maxNewTokens) is OptionResult { Implicit: false } ? parsed.GetValue(_maxNewTokens) : 1024);
    }

    /// <summary>The language that attempts are held to, or null.</summary>
    public Grammar? Language(ParseResult parsed) => parsed.GetValue(_grammar) is { } path ? Grammar.FromFile(path) : null;

    /// <summary>Threads; 0 stands for all cores.</summary>
    public int Threads(ParseResult parsed) => parsed.GetValue(_threads);

    /// <summary>The tool that attempts may call, or null. Dispose it when the last attempt is made.</summary>
    /// <exception cref="RatchetException">It does not work on this machine.</exception>
    public PythonTool? OpenTool(ParseResult parsed) => parsed.GetValue(_tools) == "python" ? new PythonTool(new PythonSandbox(new PythonOptions { Threads = Threads(parsed) })) : null;

    /// <summary>Makes a checkpoint a proposer that draws so. Dispose it.</summary>
    public SamplerProposer Open(ParseResult parsed, Checkpoint checkpoint, IDomain domain, PythonTool? tool) =>
        PolicyProbe.Open(checkpoint, domain, Sampling(parsed), new SamplerSettings { Threads = Threads(parsed), Device = parsed.GetRequiredValue(_device), Precision = parsed.GetValue(_precision) }, Language(parsed), Use(parsed, tool));

    /// <summary>What the draws depend on, in words.</summary>
    public IReadOnlyDictionary<string, string> Settings(ParseResult parsed, Checkpoint checkpoint, PythonTool? tool)
    {
        var options = Sampling(parsed);
        var settings = new Dictionary<string, string>
        {
            ["proposer"] = checkpoint.WeightsHash,
            ["sampling"] = FormattableString.Invariant($"seed {Seed(parsed)}, temperature {options.Temperature}, top-p {options.TopP}, at most {options.MaxNewTokens} tokens")
                + (parsed.GetValue(_precision) is var precision and not WeightPrecision.Float32 ? $", weights as {precision.ToString().ToLowerInvariant()}" : "") + (parsed.GetValue(_grammar) is { } grammar ? $", held to {ResponseFile.Hash(grammar)}" : ""),
        };
        if (tool is not null)
            settings["tools"] = FormattableString.Invariant($"{tool.Name} {tool.Version}, at most {parsed.GetValue(_toolCalls)} calls");
        return settings;
    }

    /// <summary>Makes and judges attempts.</summary>
    public async Task<IReadOnlyList<JudgedAttempt>> JudgeAsync(ParseResult parsed, Checkpoint checkpoint, IDomain domain, IReadOnlyList<Problem> problems, CancellationToken cancellationToken)
    {
        using var tool = OpenTool(parsed);
        using var proposer = Open(parsed, checkpoint, domain, tool);
        return await PolicyProbe.JudgeAsync(proposer, domain, problems, parsed.GetValue(_samples), Phase.Heldout, parsed.GetValue(_seed), cancellationToken);
    }

    private ToolUse? Use(ParseResult parsed, PythonTool? tool) => tool is null ? null : new ToolUse(tool, parsed.GetValue(_toolCalls));

    private SamplingOptions Sampling(ParseResult parsed) =>
        new() { Temperature = parsed.GetValue(_temperature), TopP = parsed.GetValue(_topP), MaxNewTokens = parsed.GetValue(_maxNewTokens), Draft = parsed.GetValue(_draft), MaxBatch = parsed.GetValue(_batch) };

    private static void Check(bool right, string message)
    {
        if (!right)
            throw new RatchetException(message) { ExitCode = CommandLine.UsageError };
    }
}
