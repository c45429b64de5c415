using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Arithmetic;

/// <summary>Word problems of a few steps of arithmetic whose solutions may have three formats: the world of the Echo Chamber experiments.</summary>
/// <remarks>
/// A statement is a story in a closed language, <c>Ada has 12 apples . Ada buys 3 bags of 4 . how many apples does Ada have ?</c>; numbers, results included, are 0 to
/// 99. The prompt is the bare question. <see cref="ArithmeticClassifier"/> says which format a solution has. Safe to call from many threads.
/// </remarks>
public sealed class ArithmeticDomain : IDomain
{
    private readonly ArithmeticGeneratorOptions _options;
    private readonly ArithmeticGenerator _generator;

    /// <summary>Makes the domain.</summary>
    /// <param name="options">What the generator draws, or null for the defaults.</param>
    /// <exception cref="Runs.RatchetException">An option is out of bounds; all of them are named.</exception>
    public ArithmeticDomain(ArithmeticGeneratorOptions? options = null)
    {
        _options = options ?? new ArithmeticGeneratorOptions();
        _options.Validate();
        _generator = new ArithmeticGenerator(_options);
    }

    /// <inheritdoc/>
    public string Name => "arithmetic";

    /// <inheritdoc/>
    public string Description => "Word problems of a few steps of arithmetic; solutions are functions, tagged expressions or prose.";

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; } = new SymbolTokenizer("arithmetic", ArithmeticWords.All, ArithmeticWords.LineStarters);

    /// <inheritdoc/>
    public IVerifier Verifier => ArithmeticVerifier;

    /// <summary>The verifier with its own type.</summary>
    public ArithmeticVerifier ArithmeticVerifier { get; } = new();

    /// <inheritdoc/>
    public Problem Parse(string id, string statement, Split split)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var story = ArithmeticStoryReader.Read(statement);
        return new Problem { Id = id, Domain = Name, Statement = story.Write(), CanonicalHash = story.Hash(), Split = split, Stratum = ArithmeticStratum.NameOf(story.Steps.Count) };
    }

    /// <inheritdoc/>
    public string Prompt(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Statement;
    }

    /// <inheritdoc/>
    public ProblemSet Generate(ProblemCounts counts, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return _generator.Generate(Name, counts, stream);
    }

    /// <summary>The same problem of other people; no solution names anybody.</summary>
    public (string Statement, string Solution) Rename(string statement, string solution, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        var story = ArithmeticStoryReader.Read(statement);
        var all = ArithmeticWords.HeldoutNames.Contains(story.Name) ? ArithmeticWords.HeldoutNames : ArithmeticWords.TrainNames;
        var names = all.ToArray();
        stream.Shuffle(names.AsSpan());
        return (story.Renamed(name => Array.IndexOf(all, name) is >= 0 and var i ? names[i] : name).Write(), solution);
    }

    /// <summary>Draws a problem with its solution in a format, for pretraining; people are those of all splits.</summary>
    /// <param name="format">Format of the solution.</param>
    /// <param name="steps">Operations, 1 to 6.</param>
    /// <param name="stream">Stream of the draw.</param>
    public ArithmeticDocument Document(ArithmeticFormat format, int steps, RandomStream stream)
    {
        if (steps is < 1 or > ArithmeticGenerator.MaxSteps)
            throw new ArgumentOutOfRangeException(nameof(steps), steps, $"1 to {ArithmeticGenerator.MaxSteps}.");
        var story = _generator.Story(steps, ArithmeticWords.Names, stream);
        return new ArithmeticDocument(story.Write(), ArithmeticSolutionWriter.Write(story, format), story.Hash());
    }

    /// <summary>Draws a piece of text that belongs to no problem.</summary>
    /// <param name="facts">Facts of arithmetic in words; else sentences about other things.</param>
    /// <param name="stream">Stream of the draw.</param>
    public static string Background(bool facts, RandomStream stream) => facts ? ArithmeticBackground.Facts(stream) : ArithmeticBackground.Sentences(stream);

    /// <summary>The right solution of a statement in a format.</summary>
    /// <exception cref="StatementException">The text is no word problem of the domain.</exception>
    public static string Solve(string statement, ArithmeticFormat format)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return ArithmeticSolutionWriter.Write(ArithmeticStoryReader.Read(statement), format);
    }
}

/// <summary>A problem with a solution.</summary>
/// <param name="Statement">Word problem.</param>
/// <param name="Solution">Solution.</param>
/// <param name="Hash">Canonical hash of the problem.</param>
public sealed record ArithmeticDocument(string Statement, string Solution, string Hash);
