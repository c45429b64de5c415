using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Blocks;

/// <summary>Blocks on a table and one hand: statements are arrangements and goals, attempts are plans.</summary>
/// <remarks>
/// The normal statement is <c>a | c b : on a b</c>: stacks from the bottom up with <c>|</c> between them, then after <c>:</c> what must hold in the end
/// (<c>on x y</c>, <c>table x</c>, <c>clear x</c>). A PDDL problem of the four-operator domain and PlanBench's English are read too. A user may name
/// blocks freely; unless all names are among <c>a</c> to <c>o</c>, they become <c>a</c>, <c>b</c>, ... in order of appearance, because the vocabulary is
/// closed. The hand is empty at the start; goals that no plan can reach are refused. Safe to call from many threads.
/// </remarks>
public sealed class BlocksDomain : IDomain
{
    /// <summary>The word that ends every prompt.</summary>
    private const string Separator = "plan";

    private readonly BlocksGeneratorOptions _options;

    /// <summary>Makes the domain.</summary>
    /// <param name="options">What the generator draws, or null for the defaults.</param>
    /// <exception cref="Runs.RatchetException">An option is out of bounds; all of them are named.</exception>
    public BlocksDomain(BlocksGeneratorOptions? options = null)
    {
        _options = options ?? new BlocksGeneratorOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    public string Name => "blocks";

    /// <inheritdoc/>
    public string Description => "Blocksworld with up to 15 blocks: plans that turn one arrangement into another.";

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; } = new SymbolTokenizer("blocks", [.. BlocksProblem.Letters, "|", ":", "on", "table", "clear", Separator, .. BlocksAction.Words], BlocksAction.Words);

    /// <inheritdoc/>
    public IVerifier Verifier => BlocksVerifier;

    /// <summary>The verifier with its own type.</summary>
    public BlocksVerifier BlocksVerifier { get; } = new();

    /// <inheritdoc/>
    public Problem Parse(string id, string statement, Split split)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var problem = BlocksStatementReader.Read(statement);
        problem = problem.Renamed(ClosedNames(problem.Names));
        return new Problem { Id = id, Domain = Name, Statement = problem.Write(), CanonicalHash = BlocksCanonicalForm.Hash(problem), Split = split };
    }

    /// <summary>The plan in normal form, with blocks renamed as <see cref="Parse"/> renames those of the statement. English plans are read too.</summary>
    public string NormalizeSolution(string statement, string solution)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        string[] names;
        try
        {
            names = BlocksStatementReader.Read(statement).Names;
        }
        catch (StatementException)
        {
            // The statement's own mistake is told where it is parsed.
            return solution;
        }

        var (actions, mistake, _) = BlocksPlanReader.Read(solution);
        if (mistake is not null && BlocksEnglish.ReadPlan(solution, out var ignored) is { Length: > 0 } english && ignored.Count == 0)
            (actions, mistake, _) = BlocksPlanReader.Read(english);
        return mistake is null ? Rename(actions, names, ClosedNames(names)) : solution;
    }

    /// <inheritdoc/>
    public string Prompt(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return $"{problem.Statement} {Separator}";
    }

    /// <inheritdoc/>
    public ProblemSet Generate(ProblemCounts counts, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return new BlocksGenerator(_options).Generate(Name, counts, stream);
    }

    /// <inheritdoc/>
    public (string Statement, string Solution) Rename(string statement, string solution, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        var problem = BlocksStatementReader.Read(statement);
        var (actions, mistake, _) = BlocksPlanReader.Read(solution);
        if (mistake is not null)
            return (statement, solution);
        var letters = BlocksProblem.Letters.ToArray();
        stream.Shuffle(letters.AsSpan());
        return (problem.Renamed(letters).Write(), Rename(actions, problem.Names, letters));
    }

    private static string[] ClosedNames(string[] names) => Array.TrueForAll(names, BlocksProblem.Letters.Contains) ? names : [.. BlocksProblem.Letters.Take(names.Length)];

    private static string Rename(List<BlocksAction> actions, string[] from, IReadOnlyList<string> to)
    {
        string New(string name) => Array.IndexOf(from, name) is >= 0 and var i ? to[i] : name;
        return string.Join('\n', actions.Select(a => a with { First = New(a.First), Second = a.Second is null ? null : New(a.Second) }));
    }
}
