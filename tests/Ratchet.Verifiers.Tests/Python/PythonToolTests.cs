using Ratchet.Verifiers.Python;

namespace Ratchet.Verifiers.Tests.Python;

[Collection("python")]
public sealed class PythonToolTests(PythonFixture python)
{
    [Theory]
    [InlineData("x = 3\nx ** 2", "9")]
    [InlineData("x = 3\nprint('said')\nx ** 2", "9")]
    [InlineData("print('said')\nx = 3", "said")]
    [InlineData("for i in range(3):\n    print(i)", "0\n1\n2")]
    [InlineData("None", "")]
    [InlineData("'a' + 'b'", "ab")]
    [InlineData("1 / 0", "ZeroDivisionError: division by zero")]
    [InlineData("def f(:", "SyntaxError: invalid syntax")]
    [InlineData("print('```python')", "'''python")]
    [InlineData("raise SystemExit(4)", "The program ended with exit code 4.")]
    [InlineData("print('a' * 500)", "aaaa")]
    public async Task A_block_is_answered_with_what_it_prints_its_last_value_or_its_error(string code, string shown)
    {
        var run = await python.Sandbox().RunAsync(new PythonProgram(code) { Echo = true }, TestContext.Current.CancellationToken);
        var text = PythonTool.Show(run);
        if (code.Contains("500", StringComparison.Ordinal))
            Assert.Equal(new string('a', 200) + "..." + new string('a', 200), text);
        else
            Assert.Equal(shown, text);
    }

    [Fact]
    public async Task A_traceback_shows_the_lines_of_the_program_and_no_others()
    {
        var run = await python.Sandbox().RunAsync(new PythonProgram("def f(x):\n    return 1 / x\n\nf(0)\n"), TestContext.Current.CancellationToken);
        Assert.StartsWith("Traceback (most recent call last):\n  File \"<program>\", line 4, in <module>\n    f(0)\n  File \"<program>\", line 2, in f\n", run.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("<string>", run.Errors, StringComparison.Ordinal);
        Assert.Equal("ZeroDivisionError: division by zero", run.LastErrorLine);
    }

    [Fact]
    public async Task Blocks_that_ended_well_run_again_silently_and_of_failed_ones_only_the_imports()
    {
        var dialogue = new PythonTool(python.Sandbox()).Begin();
        var text = "Let us see.\n```python\nx = 20\nprint(x)\n```";
        text += await Answer(text, "\n```output\n20\n```\n");
        text += "And\n```python\nimport math\ny = 1 / 0\n```";
        text += await Answer(text, "\n```output\nZeroDivisionError: division by zero\n```\n");
        text += "So\n```python\ntry:\n    y\nexcept NameError:\n    print(x, math.sqrt(4))\n```\n";
        text += await Answer(text, "```output\n20 2.0\n```\n");
        text += "It is \\boxed{20}.\n```python\nprint(x)\n```";
        Assert.Null(await dialogue.AnswerAsync(text, TestContext.Current.CancellationToken));

        async Task<string> Answer(string given, string expected)
        {
            var answer = await dialogue.AnswerAsync(given, TestContext.Current.CancellationToken);
            Assert.Equal(expected, answer);
            return answer!;
        }
    }

    [Theory]
    [InlineData("```python\nx\n```", true)]
    [InlineData("words ```python\nx\n```", true)]
    [InlineData("```python\nx\n```\n", true)]
    [InlineData("```py\nx\n```output", true)]
    [InlineData("```python\nx\n``", false)]
    [InlineData("```python\nx\n", false)]
    [InlineData("```python\nx\n```\nand", false)]
    [InlineData("```output\nx\n```", false)]
    [InlineData("```\nx\n```", false)]
    [InlineData("words", false)]
    [InlineData("", false)]
    public void A_call_is_a_closed_python_block_at_the_end(string text, bool call) => Assert.Equal(call, PythonFences.EndingBlock(text) is not null);

    [Fact]
    public void Output_blocks_are_found_whole()
    {
        const string Text = "a\n```python\nprint(1)\n```\n```output\n1\n```\nb ```python\nx\n```\n```output\n2\n```";
        var pieces = PythonFences.Outputs(Text);
        Assert.Equal(Text, string.Concat(pieces.Select(p => p.Text)));
        Assert.Equal(["```output\n1\n```\n", "```output\n2\n```"], pieces.Where(p => p.IsOutput).Select(p => p.Text));
    }
}
