using Ratchet.Architecture.Tests.Rules;

namespace Ratchet.Architecture.Tests;

public sealed class SourceTextTests
{
    private static readonly string[] Binary = [".png", ".jpg", ".gif", ".ico", ".safetensors", ".db", ".zip", ".gz", ".pdf", ".woff2"];

    private static IEnumerable<(string File, string Text)> AllTexts =>
        Repository.Files.Where(f => !Binary.Contains(Path.GetExtension(f))).Select(f => (f, Repository.Read(f)));

    [Fact]
    public void Namespaces_are_folders()
    {
        var files = Repository.Texts(".cs", "src", "tests").ToArray();
        Assert.True(files.Length > 100);
        Assert.Empty(files.SelectMany(f => SourceText.WrongNamespace(f.File, f.Text)));
    }

    [Fact]
    public void No_source_file_is_too_long() => Assert.Empty(Repository.Texts(".cs").SelectMany(f => SourceText.TooLong(f.File, f.Text)));

    [Fact]
    public void No_file_holds_notes_to_oneself_or_paths_of_one_machine() => Assert.Empty(AllTexts.SelectMany(f => SourceText.ForbiddenWords(f.File, f.Text)));

    [Fact]
    public void The_warning_about_missing_doc_comments_is_on_everywhere()
    {
        Assert.Contains("<GenerateDocumentationFile>true</GenerateDocumentationFile>", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.Contains("<TreatWarningsAsErrors>true</TreatWarningsAsErrors>", Repository.Read("Directory.Build.props"), StringComparison.Ordinal);
        Assert.Empty(AllTexts.SelectMany(f => SourceText.DocWarningSwitchedOff(f.File, f.Text)));
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        var pages = Repository.Texts(".md").ToArray();
        Assert.NotEmpty(pages);
        Assert.Empty(pages.SelectMany(f => SourceText.DeadLinks(f.File, f.Text, p => Path.Exists(Path.Combine(Repository.Root, p)))));
    }

    [Theory]
    [InlineData("namespace Ratchet.Loop;\npublic class A { }", "src/Ratchet/Journal/A.cs has the namespace Ratchet.Loop, not Ratchet.Journal.")]
    [InlineData("namespace Ratchet;\npublic class A { }", "src/Ratchet/Journal/A.cs has the namespace Ratchet, not Ratchet.Journal.")]
    [InlineData("using System;\n\npublic sealed record A(int B);", "src/Ratchet/Journal/A.cs declares a type without the namespace Ratchet.Journal.")]
    public void A_namespace_that_is_not_the_folder_is_found(string text, string message) =>
        Assert.Equal([message], SourceText.WrongNamespace("src/Ratchet/Journal/A.cs", text));

    [Theory]
    [InlineData("namespace Ratchet.Journal;\npublic class A { }")]
    [InlineData("Console.WriteLine(\"a program\");")]
    [InlineData("[assembly: CLSCompliant(false)]")]
    public void The_right_namespace_or_no_type_is_fine(string text) => Assert.Empty(SourceText.WrongNamespace("src/Ratchet/Journal/A.cs", text));

    [Theory]
    [InlineData(600, 0)]
    [InlineData(601, 1)]
    public void A_file_over_600_lines_is_found(int lines, int violations) =>
        Assert.Equal(violations, SourceText.TooLong("A.cs", string.Concat(Enumerable.Repeat("line\n", lines))).Count());

    [Theory]
    [InlineData("// TO" + "DO: later")]
    [InlineData("// FIX" + "ME")]
    [InlineData("see /wo" + "rk/plan.md")]
    [InlineData("var f = \"/ho" + "me/me/data\";")]
    [InlineData("C:\\Us" + "ers\\me")]
    public void A_forbidden_word_is_found(string line) =>
        Assert.StartsWith("a.md:2: ", Assert.Single(SourceText.ForbiddenWords("a.md", "fine\n" + line + "\nfine")), StringComparison.Ordinal);

    [Theory]
    [InlineData("a photo dossier, https://example.org/home/page and src/work/thing")]
    [InlineData("/usr/bin/coqc and runs/first-proofs")]
    public void Ordinary_words_and_relative_paths_are_fine(string line) => Assert.Empty(SourceText.ForbiddenWords("a.md", line));

    [Theory]
    [InlineData("<NoWarn>$(NoWarn);CS15" + "91</NoWarn>")]
    [InlineData("#pragma warning disable CS15" + "91")]
    [InlineData("dotnet_diagnostic.CS15" + "91.severity = none")]
    public void Switching_the_doc_warning_off_is_found(string line) => Assert.Single(SourceText.DocWarningSwitchedOff("a", "\n" + line));

    [Fact]
    public void A_dead_link_is_found()
    {
        const string Page = "[a](architecture.md#rooms) [b](../README.md) [c](gone.md) [d](https://example.org/x.md) [e](#here)";
        string[] there = ["docs/architecture.md", "README.md"];
        Assert.Equal(["docs/run.md links to gone.md, which is not there."], SourceText.DeadLinks("docs/run.md", Page, there.Contains));
    }
}
