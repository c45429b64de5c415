using Ratchet.Recipes;
using Ratchet.Runs;

namespace Ratchet.Tests.Recipes;

public sealed class RecipeReadingTests
{
    private static RecipeReading Read(string text, params string[] sets) =>
        SampleRecipe.Catalog.Read(text, "my.yaml", "/recipes", [.. sets.Select(s => s.Split('=', 2)).Select(p => new RecipeOverride(p[0], p[1], $"--set {p[0]}={p[1]}"))]);

    private static void Says(string expected, RecipeReading reading) => Assert.Equal(expected.ReplaceLineEndings("\n"), string.Join("\n", reading.Mistakes));

    [Fact]
    public void A_recipe_with_five_different_mistakes_gets_five_messages()
    {
        var reading = Read("""
            system: sample
            naem: first
            rounds: 40
            stage:
              order: fifu
              greedy: sometimes
              k: 3
            """);

        var error = Assert.Throws<RatchetException>(() => reading.ThrowIfWrong());

        // The misspelt name is also missing: two messages for one slip, because both are true.
        Assert.Equal("""
            There are 6 mistakes in the recipe my.yaml:
              my.yaml:1:1: name: This key is missing and has no default. Add it: letters, digits, dots, dashes and underscores, starting with a letter or digit.
              my.yaml:2:1: naem: There is no such key. Did you mean 'name'? Keys of a recipe: system, name, description, expect, seed, rounds, stage.
              my.yaml:3:9: rounds: '40' is out of bounds. It must be from 1 to 10.
              my.yaml:5:10: stage.order: 'fifu' is not a value of this key. Did you mean 'fifo'? Allowed: short_first, fifo.
              my.yaml:6:11: stage.greedy: This must be true or false, not 'sometimes'.
              my.yaml:7:6: stage.k: This must be a list, not a single value. Write it in brackets: [1, 8] (the default).
            """.ReplaceLineEndings("\n"), error.Message);
        Assert.NotNull(error.Remedy);
    }

    [Fact]
    public void Every_kind_of_value_is_read()
    {
        var reading = Read("""
            system: sample
            name: a
            seed: 18446744073709551615
            stage:
              learning_rate: 1e-3
              order: fifo
              greedy: true
              limit: null
              k: [1, 2, 4]
              window: [0.1, 0.9]
              file: data/x.jsonl
              note: "null"
              tokens: 6000000000
            """);

        Assert.Empty(reading.Mistakes);
        Assert.Equal(
            new SampleRecipe
            {
                Name = "a",
                Seed = ulong.MaxValue,
                Stage = new()
                {
                    LearningRate = 0.001,
                    Order = SampleOrder.Queue,
                    Greedy = true,
                    K = [1, 2, 4],
                    Window = new(0.1, 0.9),
                    File = "/recipes/data/x.jsonl",
                    Note = "null",
                    Tokens = 6_000_000_000,
                },
            },
            reading.Recipe);
    }

    [Fact]
    public void Wrong_values_name_what_is_allowed()
    {
        Says(
            """
            my.yaml:3:7: seed: This must be a whole number from 0 to 18446744073709551615, not '-1'.
            my.yaml:4:9: rounds: This must be a whole number, not '2.5'. Allowed: from 1 to 10.
            my.yaml:6:18: stage.learning_rate: '0' is out of bounds. It must be above 0 and at most 1.
            my.yaml:7:10: stage.limit: '0' is out of bounds. It must be at least 1, or null.
            my.yaml:8:10: stage.k[1]: '0' is out of bounds. It must be above 0.
            my.yaml:9:11: stage.window: This is not a range of shares. It must be [low, high] with 0 <= low <= high <= 1.
            my.yaml:10:3: stage.order: A value is missing here. It must be one of short_first, fifo.
            my.yaml:11:11: stage.greedy: This must be true or false, not the text "true".
            my.yaml:12:9: stage.note: This must be a single value, not a list. It must be a text, or null.
            """,
            Read("""
            system: sample
            name: a
            seed: -1
            rounds: 2.5
            stage:
              learning_rate: 0
              limit: 0
              k: [1, 0]
              window: [0.9, 0.1]
              order:
              greedy: "true"
              note: [a]
            """));
    }

    [Fact]
    public void A_key_of_another_section_is_pointed_to() => Says(
        "my.yaml:3:1: greedy: There is no such key. There is stage.greedy. Keys of a recipe: system, name, description, expect, seed, rounds, stage.",
        Read("system: sample\nname: a\ngreedy: true"));

    [Fact]
    public void A_key_that_is_there_twice_is_named_with_both_lines() => Says(
        "my.yaml:4:1: rounds: This key is already there, in line 3. Keep one of the two.",
        Read("system: sample\nname: a\nrounds: 2\nrounds: 3"));

    [Fact]
    public void Broken_syntax_is_shown_with_its_place()
    {
        var mistake = Assert.Single(Read("system: sample\nname: [a\nrounds: 2").Mistakes);

        Assert.Equal(2, mistake.Position.Line);
        Assert.StartsWith("This is not YAML: ", mistake.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "my.yaml:1:1: system: This key is missing: it says which system the recipe drives. Systems: sample, other.")]
    [InlineData("- a", "my.yaml:1:1: A recipe is keys with values, not a list. Start with 'system:' and 'name:'.")]
    [InlineData("system: sampel\nname: a", "my.yaml:1:9: system: There is no system 'sampel'. Did you mean 'sample'? Systems: sample, other.")]
    [InlineData("system: sample\nname: a\nstage: 3", "my.yaml:3:8: stage: This must be a section of keys, not a single value. Keys of stage: learning_rate, order, greedy, limit, k, window, file, note, tokens.")]
    public void A_recipe_of_the_wrong_form_is_refused(string text, string expected) => Says(expected, Read(text));

    [Fact]
    public void Settings_that_cannot_work_together_point_at_their_line() => Says(
        "my.yaml:4:3: stage.greedy: A greedy stage makes one attempt, not 4. Set limit to 1.",
        Read("system: sample\nname: a\nstage:\n  greedy: true\n  limit: 4"));

    [Fact]
    public void A_conflict_is_not_told_while_one_of_its_settings_is_itself_wrong() => Says(
        "my.yaml:5:10: stage.limit: This must be a whole number, not 'many'. Allowed: at least 1.",
        Read("system: sample\nname: a\nstage:\n  greedy: true\n  limit: many"));

    [Fact]
    public void Options_override_the_file_and_pass_the_same_checks()
    {
        var right = Read("system: sample\nname: a\nrounds: 2", "rounds=5", "stage.k=[2, 3]", "stage.window=[0, 0.5]");

        Assert.Equal(new SampleRecipe { Name = "a", Rounds = 5, Stage = new() { K = [2, 3], Window = new(0, 0.5) } }, right.Recipe);
        Says(
            """
            --set rounds=50: rounds: '50' is out of bounds. It must be from 1 to 10.
            --set stage.ordr=fifo: stage.ordr: There is no such key. Did you mean 'order'? Keys of stage: learning_rate, order, greedy, limit, k, window, file, note, tokens.
            --set stage.limit=[: This is not YAML: while parsing a node, did not find expected node content. Check indentation, colons, brackets and quotes on this line and the one above.
            --set .x=1: '.x' is not a key path. Write it like propose.samples=16.
            """,
            Read("system: sample\nname: a\nrounds: 2", "rounds=50", "stage.ordr=fifo", "stage.limit=[", ".x=1"));
    }

    [Fact]
    public void Each_value_knows_where_it_came_from()
    {
        var reading = Read("system: sample\nname: a\nstage:\n  greedy: true", "rounds=5");

        Assert.Equal("line 2", reading.Origin("name"));
        Assert.Equal("line 4", reading.Origin("stage.greedy"));
        Assert.Equal("--set rounds=5", reading.Origin("rounds"));
        Assert.Equal("default", reading.Origin("stage.limit"));
    }

    [Fact]
    public void A_missing_file_names_the_nearest_one()
    {
        var folder = Directory.CreateTempSubdirectory("ratchet-recipes").FullName;
        try
        {
            File.WriteAllText(Path.Combine(folder, "first-proofs.yaml"), "");
            var error = Assert.Throws<RatchetException>(() => SampleRecipe.Catalog.ReadFile(Path.Combine(folder, "frist-proofs.yaml")));

            Assert.Contains("There is no recipe", error.Message, StringComparison.Ordinal);
            Assert.Contains("first-proofs.yaml", error.Remedy, StringComparison.Ordinal);
            Assert.Contains("is a folder", Assert.Throws<RatchetException>(() => SampleRecipe.Catalog.ReadFile(folder)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
