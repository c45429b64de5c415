using System.Security.Cryptography;
using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems.Evaluation;

/// <summary>
/// A proposer that reads what some model said elsewhere: sample i of a problem is its i-th response in the file. Token ids and log-probabilities
/// are not known, so nothing is ever trained on these attempts as if the policy had sampled them.
/// </summary>
public sealed class ResponseFile : IProposer
{
    private readonly Dictionary<string, List<string>> _responses = new(StringComparer.Ordinal);
    private readonly string _path;

    private ResponseFile(string path) => _path = path;

    /// <summary>Reads a file.</summary>
    /// <param name="path">JSON lines, .gz or not. Several lines of one problem add up.</param>
    /// <param name="fields">Where the file keeps the problem's identifier and the response, and which lines count; null for the usual names.</param>
    /// <exception cref="RatchetException">The file or lines cannot be read (exit code 2).</exception>
    public static ResponseFile Read(string path, BenchmarkFields? fields = null)
    {
        ArgumentNullException.ThrowIfNull(path);
        fields ??= new BenchmarkFields();
        var file = new ResponseFile(path);
        JsonLineFile.Read(path, (line, number) =>
        {
            if (!fields.Takes(line))
                return;
            var id = fields.IdOf(line, number);
            var texts = (fields.Proof is { } field ? line.Texts(field) : line.Texts("response", "responses", "completion", "completions", "proof", "solution", "code"))
                ?? throw BenchmarkFields.Missing(line, fields.Proof ?? "response");
            if (!file._responses.TryGetValue(id, out var all))
                file._responses.Add(id, all = []);
            all.AddRange(texts);
        }, "Correct them; a line is an object with \"id\" and \"response\" or \"responses\", or say with --id and --response which fields to read.");
        return file;
    }

    /// <summary>Hash of the file's bytes (hexadecimal).</summary>
    public static string Hash(string path)
    {
        using var file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>The problems, each with the number of its responses.</summary>
    /// <param name="problems">Problems.</param>
    /// <param name="most">Take at most so many of each problem; 0 takes all.</param>
    /// <exception cref="RatchetException">Problems have no response: a score over the others would not be a score of the file.</exception>
    public IReadOnlyList<ProposalItem> Items(IReadOnlyList<Problem> problems, int most)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var missing = problems.Where(p => !_responses.ContainsKey(p.Id)).Select(p => p.Id).ToList();
        if (missing.Count > 0)
        {
            throw new RatchetException(
                $"{missing.Count} of {problems.Count} problems have no response in {_path} ({string.Join(", ", missing.Take(5))}{(missing.Count > 5 ? ", ..." : "")}).",
                "Add a line for each, with an empty response where the model said nothing, or leave the problems out with --where or --limit.") { ExitCode = 2 };
        }

        return [.. problems.Select(p => new ProposalItem(p, most > 0 ? Math.Min(most, _responses[p.Id].Count) : _responses[p.Id].Count))];
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.FromResult<IReadOnlyList<Attempt>>([.. request.Items.SelectMany(item => Enumerable.Range(item.FirstSample, item.Count).Select(sample => new Attempt
        {
            Id = new AttemptId(request.Round, request.Phase, item.Problem.Id, sample),
            PromptIds = [],
            TokenIds = [],
            LogProbabilities = [],
            Text = _responses[item.Problem.Id][sample],
            Seed = 0,
            Policy = Path.GetFileName(_path),
            Stop = StopReason.EndToken,
        }))]);
    }

    /// <summary>Does nothing: the responses are there already.</summary>
    public void Load(Checkpoint checkpoint)
    {
    }
}
