using Ratchet.Domains.Propositional;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Domains.Tests;

public sealed class ProblemFileTests
{
    private static readonly PropositionalDomain Domain = new();

    [Fact]
    public void Objects_and_bare_strings_are_read()
    {
        var set = ProblemFile.Parse(
            """
            {"id": "one", "goal": "p -> q -> p", "proof": "intros Hp Hq. assert (q) as Hx. exact Hq. exact Hp.", "split": "seed"}

            "A /\\ B -> B"
            {"statement": "A \\/ B -> B \\/ A", "split": "heldout", "note": 3}
            """,
            "my.jsonl",
            Domain);

        Assert.Equal(["one", "line3", "line4"], set.All.Select(p => p.Id));
        Assert.Equal("A -> B -> A", set["one"].Statement);
        Assert.Equal("intros h0 h1. assert (B) as h2. exact h1. exact h0.", set.References["one"]);
        Assert.Equal(Split.Heldout, set["line4"].Split);
        Assert.Equal(Provenance.Given, set["one"].Provenance);
    }

    [Fact]
    public void Every_bad_line_is_named()
    {
        var error = Assert.Throws<RatchetException>(() => ProblemFile.Parse(
            """
            "A -> A"
            {"goal": "A -> -> B"}
            {"goal": "A -> A", "id": "x y"}
            {"goal": 7}
            nonsense
            {"goal": "A -> B", "proof": "intros h0. exact h0."}
            {"goal": "A -> A", "split": "dev"}
            {"goal": "a1 -> a2 -> a3 -> a4 -> a5 -> a6 -> a7"}
            {"goal": "A", "split": "seed"}
            {}
            {"goal": "A -> A", "id": "line1"}
            """,
            "my.jsonl",
            Domain));

        Assert.Equal(
            """
            10 lines of my.jsonl cannot be used:
            line 2: Syntax error: expected a formula, found "->".
              A -> -> B
                   ^
            line 3: "id" must have 1 to 200 characters and no white space
            line 4: "goal" must be a string
            line 5: this is no JSON at character 2: nonsense
            line 6: the proof is not accepted: In environment
            h0 : A
            The term "h0" has type "A" while it is expected to have type "B".
              intros h0. exact h0.
                               ^
            line 7: "split" is "dev"; it can be "seed", "train" or "heldout"
            line 8: The statement has 7 atoms; the vocabulary has 6, and "a7" is one too many.
              a1 -> a2 -> a3 -> a4 -> a5 -> a6 -> a7
                                                  ^
            line 9: a seed problem needs a "proof"
            line 10: there is no "goal"
            line 11: the identifier "line1" was used on line 1 already
            """,
            error.Message);
    }

    [Fact]
    public void After_twenty_bad_lines_the_rest_is_counted()
    {
        var error = Assert.Throws<RatchetException>(() => ProblemFile.Parse(string.Concat(Enumerable.Repeat("\"A ->\"\n", 30)), "x", Domain));

        Assert.EndsWith("and 10 more", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_duplicate_of_a_held_out_problem_is_removed_and_counted()
    {
        var set = ProblemFile.Parse(
            """
            {"id": "a", "goal": "A /\\ B -> A", "split": "train"}
            {"id": "b", "goal": "D /\\ C -> C", "split": "heldout"}
            """,
            "x",
            Domain);

        Assert.Equal("b", Assert.Single(set.All).Id);
        Assert.Equal(1, set.Removed["same canonical hash as another problem"]);
    }

    [Fact]
    public void Without_a_split_the_hash_decides_the_same_way_every_time()
    {
        var generated = Domain.Generate(new ProblemCounts(0, 200, 0), Loop.RandomStream.FromSeed(4));
        var text = string.Join('\n', generated.All.Select(p => System.Text.Json.JsonSerializer.Serialize(p.Statement)));
        var one = ProblemFile.Parse(text, "x", Domain);
        var other = ProblemFile.Parse(string.Join('\n', text.Split('\n').Reverse()), "x", Domain);

        Assert.InRange(one.In(Split.Heldout).Count, 20, 65);
        Assert.Equal(
            one.In(Split.Heldout).Select(p => p.CanonicalHash).Order(StringComparer.Ordinal), other.In(Split.Heldout).Select(p => p.CanonicalHash).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_missing_file_is_named()
    {
        var error = Assert.Throws<RatchetException>(() => ProblemFile.Read("no-such-file.jsonl", Domain));

        Assert.Contains("no-such-file.jsonl", error.Message, StringComparison.Ordinal);
        Assert.NotNull(error.Remedy);
    }
}
