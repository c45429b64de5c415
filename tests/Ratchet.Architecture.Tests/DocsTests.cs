using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Ratchet.Architecture.Tests.Rules;
using Ratchet.Runs;

namespace Ratchet.Architecture.Tests;

public sealed class DocsTests
{
    [Fact]
    public void Every_public_type_has_a_doc_comment()
    {
        foreach (var room in Rooms())
        {
            var types = Assembly.Load(new AssemblyName(room)).GetExportedTypes().Select(t => t.FullName!.Replace('+', '.'));
            Assert.Empty(Docs.UndocumentedTypes(types, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, room + ".xml"))));
        }
    }

    [Fact]
    public void The_architecture_page_names_every_room_and_says_which_are_not_there_yet() =>
        Assert.Empty(Docs.RoomsOutOfStep(Repository.Read("docs/architecture.md"), Arrows.Allowed.Keys, Rooms().ToHashSet()));

    [Fact]
    public void The_run_folder_page_names_every_key_of_the_summary()
    {
        var keys = Keys(typeof(RunSummary), typeof(RoundSummary), typeof(TrainSummary), typeof(EvaluationSummary), typeof(Estimate), typeof(VerifierSummary), typeof(SpeedSummary), typeof(ParitySummary))
            .Where(k => k != "pass_at_k").Append("pass@k");
        Assert.Empty(Docs.Unnamed(Repository.Read("docs/run-folder.md"), keys));
    }

    [Fact]
    public void The_run_folder_page_names_every_table_of_the_journal_and_its_columns()
    {
        var page = Repository.Read("docs/run-folder.md");
        var create = Repository.Read("src/Ratchet/Journal/JournalSchema.cs");
        var tables = Regex.Matches(create, @"CREATE TABLE (\w+)\(").Select(m => m.Groups[1].Value).ToArray();
        Assert.Contains("attempts", tables);
        Assert.Empty(Docs.Unnamed(page, tables));
        var columns = Regex.Matches(create, @"(?<=[\s(])(\w+) (?:TEXT|INTEGER|REAL|BLOB)\b").Select(m => m.Groups[1].Value).Distinct();
        Assert.Empty(Docs.Unnamed(page, columns));
    }

    [Theory]
    [InlineData("loop")]
    [InlineData("library")]
    public void Code_in_the_readme_is_the_code_that_is_compiled(string name)
    {
        var source = Repository.Read("tests/Ratchet.Architecture.Tests/ReadmeLoop.cs");
        var from = source.IndexOf($"// README: {name}\n", StringComparison.Ordinal);
        Assert.True(from > 0);
        var lines = source[from..source.IndexOf("// README: end", from, StringComparison.Ordinal)].Split('\n')[1..];
        var code = string.Join('\n', lines.Select(l => l.StartsWith("        ", StringComparison.Ordinal) ? l[8..] : l.Trim())).Trim();
        Assert.Contains($"```csharp\n{code}\n```", Repository.Read("README.md"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_public_type_without_a_doc_comment_is_found()
    {
        const string Xml = """<doc><members><member name="T:N.A"><summary>What it is.</summary></member><member name="T:N.B"><summary> </summary></member></members></doc>""";
        Assert.Equal(["N.B has no doc comment.", "N.C has no doc comment."], Docs.UndocumentedTypes(["N.A", "N.B", "N.C"], Xml));
    }

    [Fact]
    public void A_page_that_is_out_of_step_with_the_rooms_is_found()
    {
        const string Page = "| `Ratchet` | the core |\n| `Ratchet.Models` | not there yet: models |\n| `Ratchet.Search` | search |\n| `Ratchet.Attic` | old things |\n";
        Assert.Equal(
            [
                "Ratchet.Models exists, but the page says that it is not there yet.",
                "Ratchet.Search does not exist, but the page does not say so.",
                "Ratchet.Cli has no row in the table of rooms.",
                "Ratchet.Attic is in the table of rooms, but not in the picture.",
            ],
            Docs.RoomsOutOfStep(Page, ["Ratchet", "Ratchet.Models", "Ratchet.Search", "Ratchet.Cli"], new HashSet<string> { "Ratchet", "Ratchet.Models", "Ratchet.Cli" }));
    }

    [Fact]
    public void A_key_that_a_page_does_not_name_is_found() =>
        Assert.Equal(["`seed` is not named."], Docs.Unnamed("`status`, seed, `seeds` and `train.problems`", ["status", "seed", "problems"]));

    private static IEnumerable<string> Rooms() => Repository.Files.Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".csproj", StringComparison.Ordinal)).Select(f => Path.GetFileNameWithoutExtension(f));

    private static IEnumerable<string> Keys(params Type[] records) =>
        records.SelectMany(r => r.GetProperties(BindingFlags.Public | BindingFlags.Instance)).Select(p => JsonNamingPolicy.SnakeCaseLower.ConvertName(p.Name)).Distinct();
}
