using System.Runtime.Versioning;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Python;

namespace Ratchet.Verifiers.Tests.Python;

[Collection("python")]
[SupportedOSPlatform("linux")]
public sealed class PythonVerifierTests(PythonFixture python)
{
    private const string Doubles = """[{"stdin": "3\n", "stdout": "6\n"}, {"input": "-1", "output": "-2"}]""";

    [Theory]
    [InlineData("print(2 * int(input()))", "accepted", VerdictReason.Proved)]
    [InlineData("Think.\n```python\nprint(1)\n```\nNo, rather:\n```python\nprint(2 * int(input()))\n```\nDone.", "accepted", VerdictReason.Proved)]
    [InlineData("print(2 * int(input()), end='  \\n\\n')", "accepted", VerdictReason.Proved)]
    [InlineData("print(2 + int(input()))", "rejected", VerdictReason.WrongAnswer)]
    [InlineData("print(abs(2 * int(input())))", "rejected", VerdictReason.WrongAnswer)]
    [InlineData("print(2 * int(input())", "rejected", VerdictReason.Syntax)]
    [InlineData("print(2 * input() / 3)", "rejected", VerdictReason.StepFailed)]
    [InlineData("print(6)\nraise SystemExit(3)", "rejected", VerdictReason.StepFailed)]
    [InlineData("I do not know.\n```\n", "rejected", VerdictReason.Incomplete)]
    [InlineData("  \n", "rejected", VerdictReason.Incomplete)]
    public async Task Runs_are_judged_by_their_output(string text, string outcome, VerdictReason reason)
    {
        var verdict = await python.Verifier().VerifyAsync(PythonFixture.Problem(Doubles), text, TestContext.Current.CancellationToken);
        Assert.Equal((outcome, reason), (verdict.Outcome, verdict.Reason));
    }

    [Theory]
    [InlineData("def f(x):\n    return x + 1\n", "assert f(1) == 2\nassert f(-1) == 0", "accepted", VerdictReason.Proved)]
    [InlineData("def f(x):\n    return x + 1\n", "assert f(1) == 3", "rejected", VerdictReason.WrongAnswer)]
    [InlineData("def f(l):\n    l.sort()\n", "l = [3, 1]\nf(l)\nassert l == [1, 3]", "accepted", VerdictReason.Proved)]
    [InlineData("class S:\n    def __init__(self):\n        self.a = []\n    def push(self, x):\n        self.a.append(x)\n    def __len__(self):\n        return len(self.a)\n", "s = S()\ns.push(1)\nassert len(s) == 1 and s.a == [1]", "accepted", VerdictReason.Proved)]
    [InlineData("def f(x):\n    if x < 0:\n        raise ValueError('negative')\n    return x\n", "try:\n    f(-1)\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'negative'", "accepted", VerdictReason.Proved)]
    [InlineData("import math\ndef f(x):\n    return math.sqrt(x)\n", "assert math.isclose(f(2) ** 2, 2)", "accepted", VerdictReason.Proved)]
    [InlineData("from fractions import Fraction\ndef f(n):\n    return Fraction(1, n), {n: (n, {n})}, 2 ** 200, b'x', 1j, float('inf'), None\n", "from fractions import Fraction\nassert f(3) == (Fraction(1, 3), {3: (3, {3})}, 2 ** 200, b'x', 1j, float('inf'), None)", "accepted", VerdictReason.Proved)]
    [InlineData("def g(x):\n    return x\n", "def check(candidate):\n    assert candidate(1) == 1\n\ncheck(g)", "accepted", VerdictReason.Proved)]
    [InlineData("def g(x):\n    return x\n", """{"tests": "def check(candidate):\n    assert candidate(1) == 1\n", "entry_point": "g"}""", "accepted", VerdictReason.Proved)]
    [InlineData("def g(x):\n    return x\n", """["assert g(1) == 1", "assert g(2) == 2"]""", "accepted", VerdictReason.Proved)]
    [InlineData("x = 1 / 0\n", "assert f(1) == 2", "rejected", VerdictReason.StepFailed)]
    [InlineData("def f(:\n", "assert f(1) == 2", "rejected", VerdictReason.Syntax)]
    [InlineData("def f(x):\n    return x\n", "assert f(1) == ", "unknown", VerdictReason.Unavailable)]
    [InlineData("def f(x):\n    return x\n", "f(1)  # assert", "unknown", VerdictReason.Unavailable)]
    [InlineData("def f(g):\n    return g(1)\n", "assert f(lambda x: x) == 1", "rejected", VerdictReason.WrongAnswer)]
    [InlineData("if __name__ == '__main__':\n    raise ValueError\ndef f(x):\n    return x\n", "assert f(1) == 1", "accepted", VerdictReason.Proved)]
    public async Task Asserts_call_the_program_from_outside(string program, string tests, string outcome, VerdictReason reason)
    {
        var verdict = await python.Verifier().VerifyAsync(PythonFixture.Problem(tests), program, TestContext.Current.CancellationToken);
        Assert.True((outcome, reason) == (verdict.Outcome, verdict.Reason), $"{verdict.Outcome} {verdict.Reason} {(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")}");
    }

    [Fact]
    public async Task Feedback_says_which_line_failed_and_never_what_was_expected()
    {
        var verdict = await python.Verifier().VerifyAsync(PythonFixture.Problem("assert f(1) == 1\nassert f(2) == 918273"), "def f(x):\n    return x\n", TestContext.Current.CancellationToken);
        Assert.Equal("Line 2 of the tests: the assertion fails.", verdict.Feedback[0].Message);
        verdict = await python.Verifier().VerifyAsync(PythonFixture.Problem(Doubles), "print(6)", TestContext.Current.CancellationToken);
        Assert.Equal("Test 2: the output is another one.", verdict.Feedback[0].Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("[1, 2]")]
    [InlineData("""[{"stdin": "1"}]""")]
    [InlineData("""{"inputs": ["1"], "outputs": []}""")]
    [InlineData("""{"inputs": [1], "outputs": [2]}""")]
    [InlineData("no tests")]
    public void What_is_no_test_is_refused(string text) => Assert.Throws<StatementException>(() => PythonTests.Parse(text));

    [Fact]
    public void Tests_are_read_from_arrays_lines_and_columns()
    {
        Assert.Equal([new PythonCase("3\n", "6\n"), new PythonCase("-1", "-2")], PythonTests.Parse(Doubles).Cases);
        Assert.Equal([new PythonCase("1", "2"), new PythonCase("", "3")], PythonTests.Parse("""{"stdin": "1", "stdout": "2"}""" + "\n" + """{"stdout": "3"}""").Cases);
        Assert.Equal([new PythonCase("1", "2")], PythonTests.Parse("""{"inputs": ["1"], "outputs": ["2"]}""").Cases);
        Assert.Equal("assert f(1) == [1]", PythonTests.Parse("assert f(1) == [1]").Asserts);
    }

    [Fact]
    public void A_missing_program_and_a_wrong_option_are_told_with_what_to_do()
    {
        var error = Assert.Throws<RatchetException>(() => new PythonSandbox(new PythonOptions { Program = "/no/such/python" }));
        Assert.Contains("apt-get install bubblewrap python3", error.Remedy, StringComparison.Ordinal);
        Assert.Throws<RatchetException>(() => new PythonSandbox(new PythonOptions { MemoryBytes = 1 }));
    }

    [Fact]
    public void Without_walls_nothing_is_run()
    {
        python.Sandbox();

        // A bwrap that builds no wall: what it starts must notice.
        var folder = Directory.CreateTempSubdirectory("ratchet-nowalls-");
        try
        {
            File.WriteAllText(Path.Combine(folder.FullName, "bwrap"), "#!/bin/sh\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n");
            File.SetUnixFileMode(Path.Combine(folder.FullName, "bwrap"), (UnixFileMode)0b111_101_101);
            File.SetUnixFileMode(folder.FullName, (UnixFileMode)0b111_101_101);
            var installation = PythonInstallation.Find(null) with { Bubblewrap = Path.Combine(folder.FullName, "bwrap") };
            var error = Assert.Throws<RatchetException>(() => PythonSandbox.Try(installation, new PythonOptions { Modules = [] }));
            Assert.Contains("cannot be set up", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
