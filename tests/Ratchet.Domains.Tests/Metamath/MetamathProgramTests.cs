using System.Text;
using Ratchet.Domains.Metamath;
using Ratchet.Domains.Metamath.Verification;
using Ratchet.Loop;

namespace Ratchet.Domains.Tests.Metamath;

/// <summary>Side by side with the metamath program.</summary>
public sealed class MetamathProgramTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("metamath").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("ql.mm", 1_000, 1)]
    [InlineData("hol.mm", 100, 2)]
    [InlineData("iset.mm", 1_000, 3)]
    [InlineData("set.mm", 10_000, 4)]
    public void Mutated_proofs_get_the_verdict_of_the_program(string name, int count, int seed)
    {
        Assert.SkipUnless(MetamathProgram.IsInstalled, MetamathProgram.Missing);
        var path = Path.Combine(MetamathProgram.DatabaseFolder, name);
        Assert.SkipUnless(File.Exists(path), "The package metamath-databases is not installed.");
        Assert.SkipUnless(name is not "set.mm" || MetamathProgram.LongTests, "RATCHET_LONG_TESTS=1 runs this.");
        var database = MetamathDatabase.Load(path);
        var theorems = Enumerable.Range(0, database.Count).Where(i => database[i].Kind == MetamathStatementKind.Theorem).ToArray();
        var stream = RandomStream.FromSeed((ulong)seed);
        var choice = stream.Derive("choice");
        choice.Shuffle(theorems.AsSpan());
        var chosen = theorems[..Math.Min(count, theorems.Length)].Order().ToArray();
        var labels = Enumerable.Range(0, database.Count).Select(i => database[i].Label).ToArray();

        // Every chosen theorem gets one mutated proof; the others keep theirs. A theorem's statement is untouched, so the rest is not affected.
        var replaced = chosen.ToDictionary(i => i, i => Mutate(NamedLabels.ProofText(database, i), labels, stream.Derive(i)));
        var mutated = Path.Combine(_folder, name);
        Rewrite(database, replaced, mutated);

        var program = MetamathProgram.Unproved(MetamathProgram.Run(mutated));
        var report = MetamathDatabase.Load(mutated).VerifyAll(2);
        var ours = report.Errors.Select(e => e.Label).ToHashSet();
        Assert.True(ours.Count > chosen.Length / 2, $"{ours.Count} of {chosen.Length} are wrong");
        Assert.Subset(chosen.Select(i => labels[i]).ToHashSet(), ours);
        Assert.Equal(program.Order(StringComparer.Ordinal), ours.Order(StringComparer.Ordinal));

        // One proof against the loaded database gives what the whole mutated file gives.
        foreach (var i in chosen)
            Assert.Equal(!ours.Contains(labels[i]), database.Verify(database.Theorem(labels[i]), replaced[i]).IsProved);
    }

    [Fact]
    public async Task Proofs_written_by_the_environment_are_accepted_by_the_program()
    {
        Assert.SkipUnless(MetamathProgram.IsInstalled, MetamathProgram.Missing);
        await WriteAll(TinyLogic.Load(TinyLogic.Text.Replace("$= ? $.", "$= wp wp ax-k $.", StringComparison.Ordinal)), int.MaxValue);
    }

    [Fact]
    public async Task Proofs_of_quantum_logic_written_by_the_environment_are_accepted_by_the_program()
    {
        Assert.SkipUnless(MetamathProgram.IsInstalled, MetamathProgram.Missing);
        var path = Path.Combine(MetamathProgram.DatabaseFolder, "ql.mm");
        Assert.SkipUnless(File.Exists(path), "The package metamath-databases is not installed.");
        await WriteAll(MetamathDatabase.Load(path), MetamathProgram.LongTests ? int.MaxValue : 200);
    }

    [Theory]
    [MemberData(nameof(ReadErrorTests.Cases), MemberType = typeof(ReadErrorTests))]
    public void A_database_that_we_refuse_is_not_one_that_the_program_finds_right(MetamathErrorKind kind, string text, int line, int column)
    {
        Assert.SkipUnless(MetamathProgram.IsInstalled, MetamathProgram.Missing);

        // The specification forbids these; the program lets them pass.
        var lenient = (kind is MetamathErrorKind.DuplicateFloating or MetamathErrorKind.TypeChanged or MetamathErrorKind.UntypedVariable)
            || (kind == MetamathErrorKind.InvalidCharacter && text.Any(c => c < ' ' && c != '\n'));
        Assert.True(line > 0 && column > 0);
        var path = Path.Combine(_folder, "case.mm");
        File.WriteAllText(path, text, Encoding.Latin1);
        var output = MetamathProgram.Run(path);
        Assert.True(lenient || output.Contains("?Error", StringComparison.Ordinal), output);
    }

    private async Task WriteAll(MetamathDatabase database, int count)
    {
        var environment = new MetamathEnvironment(database);
        var replaced = new Dictionary<int, string>();
        for (var i = 0; i < database.Count && replaced.Count < count; i++)
        {
            if (database[i].Kind != MetamathStatementKind.Theorem)
                continue;
            await MetamathEnvironmentTests.Replay(environment, database[i].Label);
            var problem = TinyLogic.Problem(database[i].Label);
            replaced[i] = environment.ProofText(problem, environment.KnownSteps(problem), replaced.Count % 2 == 0 ? MetamathProofFormat.Normal : MetamathProofFormat.Compressed);
        }

        var written = Path.Combine(_folder, "written.mm");
        Rewrite(database, replaced, written);
        var output = MetamathProgram.Run(written);
        Assert.True(MetamathProgram.SaysVerified(output), output);
    }

    private static void Rewrite(MetamathDatabase database, IReadOnlyDictionary<int, string> proofs, string path)
    {
        var source = Assert.Single(database.Tables.Sources);
        var text = new StringBuilder();
        var at = 0;
        foreach (var (index, proof) in proofs.OrderBy(p => p.Key))
        {
            var record = database.Tables.Statements[index];
            text.Append(source.Text(at, record.ProofStart - at)).Append('\n');
            for (var i = 0; i < proof.Length;)
            {
                // Lines of a length that the program reads.
                var end = proof.Length - i <= 70 ? proof.Length : proof.LastIndexOf(' ', i + 69, 70) is var space and > 0 ? space + 1 : i + 70;
                text.Append(proof, i, end - i).Append('\n');
                i = end;
            }

            at = record.ProofStart + record.ProofLength;
        }

        File.WriteAllText(path, text.Append(source.Text(at, source.Length - at)).ToString(), Encoding.Latin1);
    }

    /// <summary>The proof with one token or letter changed, left out, doubled or exchanged with its neighbour.</summary>
    private static string Mutate(string proof, string[] labels, RandomStream stream)
    {
        int Draw(int exclusiveMax) => stream.NextInt(exclusiveMax);
        var tokens = proof.Split(' ').ToList();
        var close = tokens.IndexOf(")");
        if (close >= 0 && Draw(4) > 0)
        {
            var letters = string.Concat(tokens[(close + 1)..]).ToList();
            Change(letters, () => (char)('A' + Draw(26)), Draw);
            return string.Join(' ', [.. tokens[..(close + 1)], new string([.. letters])]);
        }

        // Labels only: parentheses stay, since the program reads a proof without them in its own way.
        var first = close >= 0 ? 1 : 0;
        var inner = tokens[first..(close >= 0 ? close : tokens.Count)];
        Change(inner, () => labels[Draw(labels.Length)], Draw);
        return string.Join(' ', [.. tokens[..first], .. inner, .. close >= 0 ? tokens[close..] : []]);
    }

    private static void Change<T>(List<T> items, Func<T> random, Func<int, int> draw)
    {
        var at = items.Count == 0 ? 0 : draw(items.Count);
        switch (items.Count == 0 ? 3 : draw(5))
        {
            case 0:
                items.RemoveAt(at);
                break;
            case 1:
                items.Insert(at, items[at]);
                break;
            case 2 when at + 1 < items.Count:
                (items[at], items[at + 1]) = (items[at + 1], items[at]);
                break;
            case 3:
                items.Insert(at, random());
                break;
            default:
                items[at] = random();
                break;
        }
    }
}
